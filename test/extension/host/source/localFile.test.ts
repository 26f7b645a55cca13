import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { localFile, pathOf } from '../../../../extension/host/source/localFile.js';

const disk = (...files: string[]) => ({
  isOwn: true,
  folders: ['/home/me/app', '/home/me/lib'],
  isFile: async (file: string) => Promise.resolve(files.includes(file)),
});

describe('the file that a position means', () => {
  it('is the path itself where it exists', async () => {
    assert.equal(await localFile('/x/a.ts', disk('/x/a.ts')), '/x/a.ts');
    assert.equal(await localFile('file:///x/a%20b.ts', disk('/x/a b.ts')), '/x/a b.ts');
  });

  it('is the end of the path in a folder of the workspace, the longest first', async () => {
    const ci = '/home/runner/work/app/app/src/a.ts';
    assert.equal(await localFile(ci, disk('/home/me/app/src/a.ts')), '/home/me/app/src/a.ts');
    const both = disk('/home/me/lib/src/a.ts', '/home/me/app/app/src/a.ts');
    assert.equal(await localFile(ci, both), '/home/me/app/app/src/a.ts');
    assert.equal(
      await localFile('D:\\a\\app\\src\\a.ts', disk('/home/me/app/src/a.ts')),
      '/home/me/app/src/a.ts',
    );
  });

  it('is not just any file of that name', async () => {
    const files = disk('/home/me/app/index.mjs', '/home/me/lib/index.mjs');
    assert.equal(await localFile('/ci/other/index.mjs', files), null);
    assert.equal(await localFile('/ci/app/index.mjs', files), '/home/me/app/index.mjs');
  });

  it('is in the folder that is called as where it came from, and nowhere when two might be meant', async () => {
    const both = disk('/home/me/app/src/a.ts', '/home/me/lib/src/a.ts');
    assert.equal(
      await localFile('/home/runner/work/lib/lib/src/a.ts', both),
      '/home/me/lib/src/a.ts',
    );
    assert.equal(await localFile('/home/runner/work/other/src/a.ts', both), null);
  });

  it('is looked at outside of the workspace only for programs that this window has recorded', async () => {
    const files = disk('/x/a.ts', '/home/me/app/b.ts');
    const foreign = { ...files, isOwn: false };
    assert.equal(await localFile('/x/a.ts', foreign), null);
    assert.equal(await localFile('/home/me/app/b.ts', foreign), '/home/me/app/b.ts');
    const touched: string[] = [];
    const isFile = async (file: string): Promise<boolean> => {
      touched.push(file);
      return Promise.resolve(true);
    };
    assert.equal(await localFile('//evil/share/a.js', { ...files, isFile }), null);
    assert.equal(await localFile('\\\\evil\\share\\a.js', { ...files, isFile }), null);
    assert.equal(await localFile('file:////evil/share/a.js', { ...files, isFile }), null);
    assert.deepEqual(touched, []);
  });

  it('never leaves the folders, and is no address of something else', async () => {
    assert.equal(await localFile('/ci/../../etc/passwd', disk('/home/me/app/etc/passwd')), null);
    assert.equal(await localFile('node:internal/x', disk('/home/me/app/internal/x')), null);
    assert.equal(pathOf('webpack://app/src/a.ts'), null);
    assert.equal(pathOf('C:\\a.ts'), 'C:\\a.ts');
  });
});
