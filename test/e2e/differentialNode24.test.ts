import { node24 } from '../support/nodes.js';
import { describeSameness } from './samenessOn.js';

describeSameness(node24);
