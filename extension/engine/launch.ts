/** How a program is started so that the agent is in it and finds the session. The editor and the terminal share this. */
import { pathToFileURL } from 'node:url';

export interface Launch {
  /** From `createSession`. */
  readonly url: string;
  readonly token: string;
  /** Absolute path of dist/agent/register.cjs. */
  readonly registerPath: string;
}

/**
 * The environment for the program and all its children: `base` with SLUICE_URL, SLUICE_TOKEN and the agent in
 * NODE_OPTIONS. The agent is named by URL because NODE_OPTIONS is split at spaces and a URL holds none. Options that are
 * there stay; the agent is not named twice.
 */
export function launchEnvironment(base: NodeJS.ProcessEnv, launch: Launch): NodeJS.ProcessEnv {
  const option = `--import=${pathToFileURL(launch.registerPath).href}`;
  const options = (base['NODE_OPTIONS'] ?? '').split(' ').filter((o) => o !== '');
  if (!options.includes(option)) options.push(option);
  return {
    ...base,
    SLUICE_URL: launch.url,
    SLUICE_TOKEN: launch.token,
    NODE_OPTIONS: options.join(' '),
  };
}
