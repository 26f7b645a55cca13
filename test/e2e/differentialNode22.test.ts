import { node22 } from '../support/nodes.js';
import { describeSameness } from './samenessOn.js';

describeSameness(node22);
