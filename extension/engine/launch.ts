/** How a program is started so that the agent is in it and finds the session. The editor and the terminal share this. */
import path from 'node:path';

export interface Launch {
  /** From `createSession`. */
  readonly url: string;
  readonly token: string;
  /** Absolute path of dist/agent/register.cjs. */
  readonly registerPath: string;
  /** A CPU profile that begins with each process, for so long. */
  readonly cpuProfileMs?: number;
}

/** A path as one word of NODE_OPTIONS, which is split at spaces outside of double quotes; `\\` escapes within them. */
function quoted(file: string): string {
  return /^[\w./:@+-]+$/.test(file) ? file : `"${file.replace(/["\\]/g, '\\$&')}"`;
}

/** The folder of the Python agent, beside the agent's bundles. */
function pythonFolder(registerPath: string): string {
  return path.join(path.dirname(registerPath), 'python');
}

/** PYTHONPATH with the folder in front, once: its `sitecustomize` starts the agent and goes on to the one that was there. */
function pythonPath(present: string | undefined, folder: string): string {
  const others = (present ?? '').split(path.delimiter).filter((p) => p !== '' && p !== folder);
  return [folder, ...others].join(path.delimiter);
}

/**
 * The environment for the program and all its children: `base` with SLUICE_URL, SLUICE_TOKEN and the agent in
 * NODE_OPTIONS and PYTHONPATH. Options that are there stay; the agent is not named twice. It stands first: so it can keep Node's loader
 * thread, which runs preloads too, from running those behind it once more. By `--require`, not `--import`: the preload runs
 * in every worker thread again, and `--import` makes each of them set up the ES module loader for it (28 ms on Node 20).
 */
export function launchEnvironment(base: NodeJS.ProcessEnv, launch: Launch): NodeJS.ProcessEnv {
  const option = `--require=${quoted(launch.registerPath)}`;
  const present = (base['NODE_OPTIONS'] ?? '').trim();
  return {
    ...base,
    SLUICE_URL: launch.url,
    SLUICE_TOKEN: launch.token,
    ...(launch.cpuProfileMs === undefined
      ? {}
      : { SLUICE_CPU_PROFILE_MS: String(launch.cpuProfileMs) }),
    NODE_OPTIONS: present.includes(option) ? present : `${option} ${present}`.trim(),
    PYTHONPATH: pythonPath(base['PYTHONPATH'], pythonFolder(launch.registerPath)),
  };
}
