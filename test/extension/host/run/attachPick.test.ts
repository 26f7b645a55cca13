import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { attachPicks, nothingToAttach } from '../../../../extension/host/run/attachPick.js';
import { attachable } from './attachable.js';

describe('programs to attach to', () => {
  it('are those of the workspace first, then the newest', () => {
    const programs = [
      attachable(1),
      attachable(2, { cwd: '/work/app' }),
      attachable(3, { cwd: '/work/app/sub' }),
      attachable(4, { cwd: '/work/apple' }),
    ];
    const picks = attachPicks({ programs, silent: [] }, ['/work/app']);
    assert.deepEqual(
      picks.map(({ program }) => program.pid),
      [3, 2, 4, 1],
    );
  });

  it('say what they are and what they do', () => {
    const programs = [
      attachable(1),
      attachable(2, { state: 'flight', flightMs: 10_000 }),
      attachable(3, { state: 'recording', by: 'sluice attach (pid 9)' }),
    ];
    assert.deepEqual(
      attachPicks({ programs, silent: [] }, []).map((p) => [p.label, p.description, p.detail]),
      [
        ['program3.mjs', 'process 3, node v20.20.2, recorded by sluice attach (pid 9)', '/home/me'],
        ['program2.mjs', 'process 2, node v20.20.2, has its last 10 s', '/home/me'],
        ['program1.mjs', 'process 1, node v20.20.2', '/home/me'],
      ],
    );
  });

  it('are explained when there are none', () => {
    assert.match(nothingToAttach({ programs: [], silent: [] }), /--require sluice\/register/);
    assert.match(nothingToAttach({ programs: [], silent: [7, 8] }), /7, 8 does not answer/);
  });
});
