import { nodeBeforeSyncHooks } from '../support/nodes.js';
import { describeMatrix } from './runner.js';

describeMatrix({ node: nodeBeforeSyncHooks, isSample: true });
