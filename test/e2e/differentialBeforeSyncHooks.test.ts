import { nodeBeforeSyncHooks } from '../support/nodes.js';
import { describeSameness } from './samenessOn.js';

// What has to do with loading: here it is a loader thread that loads.
describeSameness(nodeBeforeSyncHooks, /^(importTwice|own\w+|cycles|sourceMap|topLevelAwait)\./);
