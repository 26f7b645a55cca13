// The ES module face of the API: the CommonJS bundle is the one instance, whichever way it is loaded. Static names, because
// Node's detection of CommonJS exports does not survive minification.
import agent from './index.cjs';

export const { pipeline } = agent;
