// Takes packages from npm without installing them: `npm pack`, then what is wanted of the tarball. Whatever the tests need of
// the outside world that is not a dependency comes this way.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** Runs a command to its end; throws with everything that it wrote when it fails. */
export function runCommand(command, args, cwd) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NODE_OPTIONS: '' },
  });
  if (error !== undefined || status !== 0) {
    const why = error?.message ?? `exit code ${status}`;
    throw new Error(`${command} ${args.join(' ')} failed (${why}) in ${cwd}\n${stdout}${stderr}`);
  }
}

/** Unpacks `name@version` into `folder`/package, which `parts` may narrow down to files of the tarball. */
export function unpackFromNpm(spec, folder, parts = []) {
  runCommand('npm', ['pack', spec, '--silent'], folder);
  const tarball = fs.readdirSync(folder).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error(`npm pack ${spec} left no tarball in ${folder}`);
  runCommand('tar', ['xzf', tarball, ...parts], folder);
  fs.rmSync(path.join(folder, tarball));
}

/**
 * Fills `folder` once and keeps it: `fill` gets an empty folder, which becomes `folder` when everything is there. So an
 * interrupted download is never taken for a whole one, and of two processes at once one wins.
 */
export function kept(folder, fill) {
  if (fs.existsSync(folder)) return folder;
  const partial = `${folder}.partial-${process.pid}`;
  fs.rmSync(partial, { recursive: true, force: true });
  fs.mkdirSync(partial, { recursive: true });
  try {
    fill(partial);
    try {
      fs.renameSync(partial, folder);
    } catch (error) {
      if (!fs.existsSync(folder)) throw error;
    }
    return folder;
  } finally {
    fs.rmSync(partial, { recursive: true, force: true });
  }
}
