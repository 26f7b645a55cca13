/** Name of the environment data that worker threads find the agent by. Alone, so that the preload can look without the rest. */
export const ENVIRONMENT_KEY = 'sluice.agent.v1';
