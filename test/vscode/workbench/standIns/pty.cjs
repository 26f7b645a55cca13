// In place of node-pty, whose native part would have to be compiled: `script` of util-linux makes the pseudoterminal, and
// pipes lead to it. The size stays as it is at the start. `exports.x =`, one a line: ES modules find the names by that.
'use strict';
const { spawn } = require('node:child_process');
const { StringDecoder } = require('node:string_decoder');
const path = require('node:path');

const quoted = (word) => `'${String(word).replaceAll("'", String.raw`'\''`)}'`;

class Emitter {
  #listeners = new Set();
  on = (listener) => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };
  fire(value) {
    for (const listener of [...this.#listeners]) listener(value);
  }
}

class ScriptPty {
  #child;
  #data = new Emitter();
  #exit = new Emitter();
  onData = this.#data.on;
  onExit = this.#exit.on;

  constructor(file, args, { cwd, env, cols = 80, rows = 24 }) {
    this.cols = cols;
    this.rows = rows;
    this.process = path.basename(file);
    const words = Array.isArray(args) ? args.map(quoted) : [args ?? ''];
    const shell = env.SHELL === undefined ? '' : `SHELL=${quoted(env.SHELL)} `;
    const line = `stty cols ${cols} rows ${rows}; ${shell}exec ${[quoted(file), ...words].join(' ')}`;
    this.#child = spawn('script', ['-qfec', line, '/dev/null'], {
      cwd,
      env: { ...env, SHELL: '/bin/sh' },
      stdio: 'pipe',
    });
    this.pid = this.#child.pid ?? -1;
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      const decoder = new StringDecoder('utf8');
      stream.on('data', (bytes) => this.#data.fire(decoder.write(bytes)));
    }
    this.#child.stdin.on('error', () => undefined);
    this.#child.on('error', () => this.#exit.fire({ exitCode: 127 }));
    this.#child.on('close', (code) => this.#exit.fire({ exitCode: code ?? 129 }));
  }

  write(data) {
    this.#child.stdin.write(data);
  }
  resize(cols, rows) {
    this.cols = cols;
    this.rows = rows;
  }
  kill() {
    this.#child.kill('SIGTERM');
  }
  clear() {}
  pause() {}
  resume() {}
}

exports.spawn = (file, args, options) => new ScriptPty(file, args, options);
exports.native = null;
