/**
 * `"sluice": true` in a launch configuration, as data: which configurations are profiled, and what is put into their
 * environment. Knows nothing of VS Code.
 */
import { launchEnvironment, type Launch as AgentLaunch } from '../../engine/launch.js';
import { effectiveOptions } from './nodeOptions.js';

/** The attribute of a launch configuration. */
export const ATTRIBUTE = 'sluice';

/** Types of debuggers whose programs the agents can join: VS Code's own for Node.js, and those of the Python extension. */
export const DEBUG_TYPES: readonly string[] = [
  'node',
  'pwa-node',
  'node-terminal',
  'python',
  'debugpy',
];

/** A launch configuration, as VS Code hands it over: anything may be in it. */
export type Configuration = Readonly<Record<string, unknown>>;

/** What is to be done about a configuration; `refused` says why it is run as it is. */
export type Verdict =
  | { readonly kind: 'leave' }
  | { readonly kind: 'profile' }
  | { readonly kind: 'refused'; readonly reason: string };

/** js-debug starts a session of its own for each process, out of the one that the user started. */
const isOfChild = (config: Configuration): boolean => '__pendingTargetId' in config;

/** Is this configuration to be profiled? */
export function judge(config: Configuration): Verdict {
  if (config[ATTRIBUTE] !== true || isOfChild(config)) return { kind: 'leave' };
  const { type, name } = textsOf(config);
  if (!DEBUG_TYPES.includes(type)) {
    return {
      kind: 'refused',
      reason: `"${name}" is not profiled: "sluice" works with the types ${DEBUG_TYPES.join(', ')}, and this one is ${type}.`,
    };
  }
  if (config['request'] === 'attach') {
    return {
      kind: 'refused',
      reason: `"${name}" is not profiled: it attaches to a program, and the agent must be in it from the start. Use "Sluice: Attach to Process…".`,
    };
  }
  return { kind: 'profile' };
}

function textsOf(config: Configuration): { readonly type: string; readonly name: string } {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const type = text(config['type']);
  return { type, name: text(config['name']) || type };
}

/** Where NODE_OPTIONS of the program come from besides the configuration itself. */
export interface OuterOptions {
  /** Out of the file that `envFile` names. */
  readonly ofFile: string | undefined;
  /** Of the process that starts the debugger. */
  readonly ofHost: string | undefined;
  /** PYTHONPATH of the process that starts the debugger. */
  readonly pythonPath?: string | undefined;
}

/** The configuration with the agent in its `env`; everything else stays as the user wrote it. */
export function withAgent(
  config: Configuration,
  agent: AgentLaunch,
  outer: OuterOptions,
): Configuration {
  const env = recordOf(config['env']);
  const own = env['NODE_OPTIONS'];
  const present = effectiveOptions([
    own === null || typeof own === 'string' ? own : undefined,
    outer.ofFile,
    outer.ofHost,
  ]);
  const python = env['PYTHONPATH'];
  const PYTHONPATH = typeof python === 'string' ? python : outer.pythonPath;
  const ours = launchEnvironment({ NODE_OPTIONS: present, PYTHONPATH }, agent);
  return { ...config, env: { ...env, ...ours } };
}

/** The secret of the session that a configuration was given; undefined when it was given none. */
export function tokenOf(config: Configuration): string | undefined {
  const token = recordOf(config['env'])['SLUICE_TOKEN'];
  return typeof token === 'string' ? token : undefined;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}
