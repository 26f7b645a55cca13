import { node20 } from '../support/nodes.js';
import { describeMatrix } from './runner.js';

describeMatrix({ node: node20 });
