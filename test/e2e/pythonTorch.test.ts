// What the Python agent sees of torch, and that it changes nothing: its own tests, where a Python has torch.
import { describe, it } from 'node:test';
import { findPythons } from '../support/pythons.js';
import { unittest } from '../support/pythonTests.js';

const withTorch = findPythons().find(({ hasTorch }) => hasTorch);
const skip = withTorch === undefined && 'no Python here has torch (apt-get install python3-torch)';

describe('the Python agent and torch', { skip, concurrency: 2 }, () => {
  const python = withTorch?.path ?? '';

  it('sees what loaders load, and changes nothing', async () => {
    await unittest(python, 'test_torch.Loader');
  });

  it('passes on errors, timeouts and dead workers as they are', async () => {
    await unittest(python, 'test_torch.Trouble');
  });
});
