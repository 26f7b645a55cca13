/** Name of the environment data that worker threads find the agent by. Alone, so that the preload can look without the rest. */
export const ENVIRONMENT_KEY = 'sluice.agent.v1';

/** Stands there when the main thread decided that neither it nor its worker threads are recorded. */
export const NOT_RECORDED = 'not recorded';
