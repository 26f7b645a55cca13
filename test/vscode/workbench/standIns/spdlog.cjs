// In place of the native @vscode/spdlog: the same calls, appending with node:fs. Log files and output channels go through
// it, so that a test can look for errors in the extension host's log.
//
// Every name is assigned to `exports` on a line of its own, because VS Code imports them by name from ES modules and Node
// learns the names of a CommonJS module by reading its text.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'critical'];
const INFO = 2;

class FileLogger {
  constructor(file) {
    this.file = file;
    this.level = INFO;
    this.isRaw = false;
  }
  append(level, message) {
    if (level < this.level) return;
    const line = this.isRaw
      ? message
      : `${new Date().toISOString().replace('T', ' ').slice(0, 23)} [${LEVELS[level]}] ${message}\n`;
    try {
      fs.appendFileSync(this.file, line);
    } catch (error) {
      // The data folder is removed while the server is still ending; anything else must be seen.
      if (error.code !== 'ENOENT') process.stderr.write(`log ${this.file}: ${error.message}\n`);
    }
  }
  trace(message) {
    this.append(0, message);
  }
  debug(message) {
    this.append(1, message);
  }
  info(message) {
    this.append(2, message);
  }
  warn(message) {
    this.append(3, message);
  }
  error(message) {
    this.append(4, message);
  }
  critical(message) {
    this.append(5, message);
  }
  getLevel() {
    return this.level;
  }
  setLevel(level) {
    this.level = level;
  }
  clearFormatters() {
    this.isRaw = true;
  }
  setPattern() {}
  flush() {}
  drop() {}
}

function open(_name, file) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  return Promise.resolve(new FileLogger(file));
}

exports.version = 0;
exports.setLevel = function setLevel() {};
exports.setFlushOn = function setFlushOn() {};
exports.Logger = class Logger extends FileLogger {
  constructor(_type, _name, file) {
    super(file);
  }
};
exports.createRotatingLogger = open;
exports.createAsyncRotatingLogger = open;
