/** The Pythons of this machine, for tests of the Python agent. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** An interpreter that the agent must work in. */
export interface Python {
  readonly path: string;
  readonly version: string;
  readonly hasTorch: boolean;
}

const ask = [
  'import sys, platform, importlib.util as u',
  'ok = sys.version_info >= (3, 9)',
  'print(platform.python_version() if ok else "", int(u.find_spec("torch") is not None))',
].join('; ');

function describePython(file: string): Python | undefined {
  try {
    const env = { ...process.env, PYTHONPATH: '' };
    const out = execFileSync(file, ['-c', ask], { encoding: 'utf8', env, stdio: 'pipe' });
    const [version = '', torch] = out.trim().split(' ');
    return torch === undefined ? undefined : { path: file, version, hasTorch: torch === '1' };
  } catch {
    return undefined; // no Python, or one that does not start
  }
}

function candidates(): readonly string[] {
  const versions = path.join(os.homedir(), '.pyenv/versions');
  const built = existsSync(versions)
    ? readdirSync(versions).map((name) => path.join(versions, name, 'bin/python'))
    : [];
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  const onPath = folders.map((folder) => path.join(folder, 'python3'));
  return ['/usr/bin/python3', ...built, ...onPath].filter((file) => existsSync(file));
}

/** One interpreter of each version, 3.9 and later, the oldest first; of two the one that has torch. */
export function findPythons(): readonly Python[] {
  const byVersion = new Map<string, Python>();
  for (const file of candidates()) {
    const python = describePython(file);
    if (python === undefined || python.version === '') continue;
    const minor = python.version.split('.').slice(0, 2).join('.');
    const known = byVersion.get(minor);
    if (known === undefined || (python.hasTorch && !known.hasTorch)) byVersion.set(minor, python);
  }
  return [...byVersion.values()].sort((a, b) =>
    a.version.localeCompare(b.version, 'en', { numeric: true }),
  );
}
