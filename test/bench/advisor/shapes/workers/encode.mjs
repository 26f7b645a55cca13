// A worker of a pool that computes.
import { compute } from '../times.mjs';

export default ({ id, costMs }) => {
  compute(costMs);
  return id;
};
