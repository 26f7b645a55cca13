import { node24 } from '../support/nodes.js';
import { describeMatrix } from './runner.js';

describeMatrix({ node: node24 });
