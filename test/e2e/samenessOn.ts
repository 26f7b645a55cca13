/** Programs with and without the agent on another Node, whose loader hooks are others. */
import { after, before, describe, it } from 'node:test';
import { nodeBinary } from '../support/nodes.js';
import { Sameness } from './sameness.js';
import { SAME_FOLDER, sameProgram, scriptsIn } from './samePrograms.js';

/** Declares the tests of one Node; `wanted` narrows them down by file name. */
export function describeSameness(version: string, wanted = /./): void {
  describe(`with and without the agent on Node ${version}`, { concurrency: 2 }, () => {
    let sameness: Sameness;
    before(async () => {
      sameness = await Sameness.create();
    });
    after(async () => {
      await sameness.dispose();
    });
    for (const file of scriptsIn(SAME_FOLDER).filter((name) => wanted.test(name))) {
      it(`${file} does the same on Node ${version}`, async () => {
        await sameness.check({ ...sameProgram(file), node: nodeBinary(version) });
      });
    }
  });
}
