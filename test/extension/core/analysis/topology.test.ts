import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Declaration } from '../../../../agent/wire/manifest.js';
import type { PipelineReport } from '../../../../extension/core/report/report.js';
import { renderText } from '../../../../extension/core/report/text.js';
import {
  drawingBytes,
  drawingStartNs,
  modelOf,
  processDeclaration,
  stageDeclaration,
  TraceText,
  type DrawingOptions,
} from '../../../support/pipelineText.js';

function reportOf(drawing: string, options: DrawingOptions = {}): PipelineReport {
  const [pipeline] = modelOf(drawingBytes(drawing, options)).report().pipelines;
  assert.ok(pipeline !== undefined);
  return pipeline;
}

function learned(from: string, to: string, seen: number, inside = 0): Declaration {
  return { kind: 'link', pipeline: 'drawn', from, to, seen, inside };
}

const linksOf = ({ links }: PipelineReport): string[] =>
  links.map(({ from, to, known }) => `${from}>${to} ${known}`);
const namesOf = ({ stages }: PipelineReport): string[] => stages.map(({ name }) => name);

// Stages are drawn against their order, so nothing but the links can put them right.
const threeStages = `
  write cpu | ----aabbcc--
  parse cpu | --aabbcc----
  read cpu  | aabbcc------
`;

describe('links between stages', () => {
  it('come from the items that went through both', () => {
    const report = reportOf(threeStages);
    assert.deepEqual(linksOf(report), ['read>parse items', 'parse>write items']);
    assert.deepEqual(namesOf(report), ['read', 'parse', 'write']);
  });

  it('are no links, only an order, when a stage between may not tell its items', () => {
    const report = reportOf(
      `
      write cpu        | ------aabbcc--
      parse cpu        | ---aabbcc-----
      queue flight read> 2 | 01222222221000
      read cpu         | aabbcc--------
      `,
      { withoutItems: ['parse'] },
    );
    assert.deepEqual(linksOf(report), ['read>parse order']);
    assert.deepEqual(namesOf(report), ['read', 'parse', 'write']);
  });

  it('are not taken from a stage inside of a stage', () => {
    const report = reportOf(`
      outer cpu | aaaabbbb
      inner cpu | -aa--bb-
      after cpu | ----aa--bb
    `);
    assert.deepEqual(linksOf(report), ['outer>after items']);
  });

  it('take numbers that are used again for new items', () => {
    const report = reportOf(`
      read cpu | a-a-a-a-
      work cpu | -a-a-a-a
    `);
    assert.deepEqual(linksOf(report), ['read>work items']);
  });

  it('leave out the rare path beside the usual one', () => {
    const usual = Array.from({ length: 40 }, (_, i) => String.fromCharCode(97 + (i % 20)));
    const report = reportOf(`
      read cpu   | ${usual.map((c) => `${c}-`).join('')}
      parse cpu  | ${usual.map((c) => `-${c}`).join('')}
      write cpu  | --${usual.map((c) => `-${c}`).join('')}
      repair cpu | ----------e
    `);
    assert.ok(!linksOf(report).includes('parse>repair items'));
    assert.ok(linksOf(report).includes('parse>write items'));
  });

  it('are learned where items are not known, and say so', () => {
    const extra = [learned('parse', 'write', 3), learned('read', 'parse', 3)];
    const model = modelOf(drawingBytes(threeStages, { withoutItems: true, extra }));
    const [report] = model.report().pipelines;
    assert.ok(report !== undefined);
    assert.deepEqual(linksOf(report), ['read>parse learned', 'parse>write learned']);
    assert.deepEqual(namesOf(report), ['read', 'parse', 'write']);
    const text = renderText(model.report(), { color: false, width: 100 });
    assert.match(text, /Flow {2}read → parse \(learned\) · parse → write \(learned\)/);
  });

  it('do not follow a loop back to its beginning', () => {
    const extra = [
      learned('write', 'read', 30),
      learned('read', 'parse', 30),
      learned('parse', 'write', 30),
    ];
    const report = reportOf(
      `
      write cpu | --a--b
      read cpu  | a--b--
      parse cpu | -a--b-
      `,
      { withoutItems: true, extra },
    );
    assert.deepEqual(linksOf(report), ['read>parse learned', 'parse>write learned']);
  });

  it('that are declared outweigh what was seen', () => {
    const report = reportOf(
      `
      a cpu        | aabb--
      queue ab a>b | 010100
      b cpu        | --aabb
      `,
      { extra: [learned('b', 'a', 1000)] },
    );
    assert.deepEqual(linksOf(report), ['a>b declared']);
  });

  it('give a queue the side that nobody declared, unless there are several', () => {
    const extra = [learned('fetch', 'store', 5), learned('crawl', 'store', 5)];
    const drawing = `
      crawl cpu          | aaa---
      fetch cpu          | aaa---
      queue waiting >store | 001110
      store cpu          | ---aaa
    `;
    const single = reportOf(drawing, { withoutItems: true, extra: extra.slice(0, 1) });
    const [queue] = single.queues;
    assert.deepEqual([queue?.from, queue?.to, queue?.inferred], ['fetch', 'store', 'learned']);
    const both = reportOf(drawing, { withoutItems: true, extra });
    assert.deepEqual([both.queues[0]?.from, both.queues[0]?.inferred], [null, null]);
  });
});

describe('a pipeline that a library runs', () => {
  it('does not take in what belongs to none', () => {
    const text = new TraceText();
    text.declare(
      processDeclaration(),
      stageDeclaration('Map(f)', { pipeline: 'Ray Data', via: 'ray' }),
      stageDeclaration('train', { via: 'asyncio' }),
      { kind: 'lane', lane: 1, stage: 'Map(f)', pipeline: 'Ray Data', thread: 'task 1', slot: 0 },
      { kind: 'lane', lane: 2, stage: 'train', pipeline: null, thread: 'main', slot: 0 },
    );
    for (const [lane, name] of [
      [1, 'Map(f)'],
      [2, 'train'],
    ] as const) {
      text.interval(lane, {
        category: 'stage',
        name,
        startNs: drawingStartNs,
        endNs: drawingStartNs + 1e6,
      });
    }
    const { pipelines } = modelOf(text.take()).report();
    assert.deepEqual(pipelines.map(namesOf), [['Map(f)'], ['train']]);
  });
});

describe('a pool that stages share', () => {
  it('is no stage of a pipeline, and stands behind all of them', () => {
    const libuv = { pipeline: null, via: 'libuv', source: null } as const;
    const lane = { kind: 'lane', pipeline: null, thread: 'main', slot: 0 } as const;
    const text = new TraceText();
    text.declare(
      processDeclaration(),
      { kind: 'stage', name: 'libuv pool', stageKind: 'io', parallelism: 4, ...libuv },
      {
        kind: 'queue',
        id: 1,
        name: 'libuv pool queue',
        capacity: null,
        from: null,
        to: 'libuv pool',
        ...libuv,
      },
      {
        kind: 'knob',
        id: 1,
        name: 'UV_THREADPOOL_SIZE',
        knobKind: 'parallelism',
        stage: 'libuv pool',
        queue: null,
        value: 4,
        min: 1,
        max: 1024,
        live: false,
        remark: null,
        ...libuv,
      },
      stageDeclaration('work'),
      { ...lane, lane: 1, stage: 'work' },
      { ...lane, lane: 2, stage: 'libuv pool' },
    );
    for (let i = 0; i < 10; i++) {
      const startNs = drawingStartNs + i * 1e6;
      text.interval(2, { category: 'stage', name: 'libuv pool', startNs, endNs: startNs + 1e5 });
      if (i % 5 === 0) {
        text.interval(1, { category: 'stage', name: 'work', startNs, endNs: startNs + 1e6 });
      }
    }
    text.declare({ kind: 'end', atNs: drawingStartNs, executions: 12 });
    const { pipelines } = modelOf(text.take()).report();
    assert.deepEqual(
      pipelines.map(({ name, stages, queues, knobs }) => [
        name,
        ...[stages, queues, knobs].map((list) => list.map((e) => e.name)),
      ]),
      [
        ['app.js', ['work'], [], []],
        ['thread pool of Node.js', ['libuv pool'], ['libuv pool queue'], ['UV_THREADPOOL_SIZE']],
      ],
    );
    const [own, pool] = pipelines;
    assert.deepEqual([own?.isShared, pool?.isShared], [false, true]);
    // A pool that is a tenth busy limits nobody, and items do not pass through it.
    assert.equal(pool?.bottleneck.kind, 'none');
    assert.equal(pool.latencyMean, null);
    // Two items in 6 ms, whatever the pool did.
    assert.ok(Math.abs((pipelines[0]?.throughputPerSec ?? 0) - 2 / 6e-3) < 1e-6);
  });
});

describe('latency', () => {
  it('is each item\u2019s own where items are known, from its arrival', () => {
    const fromStart = reportOf(threeStages);
    assert.equal(fromStart.latencyNs?.p50, 6e6);
    assert.deepEqual(fromStart.latencyMean, { meanNs: 6e6, by: 'items', isAtLeast: false });
    const fromArrival = reportOf(threeStages, { waitUs: { read: 4000, parse: 77 } });
    assert.equal(fromArrival.latencyMean?.meanNs, 10e6);
  });

  it('follows from Little\u2019s law otherwise, and the report says so', () => {
    // Four items in 16 ms: 250 a second. Two wait on average, 8 ms, and 1 ms and 4 ms are their service.
    const drawing = `
      read cpu x1            | abcd------------
      queue files read>work  | ${'2'.repeat(16)}
      work cpu x1            | aaaabbbbccccdddd
    `;
    const model = modelOf(drawingBytes(drawing, { withoutItems: true }));
    const [report] = model.report().pipelines;
    assert.equal(report?.latencyNs, null);
    assert.deepEqual(report.latencyMean, { meanNs: 13e6, by: 'littlesLaw', isAtLeast: false });
    assert.match(
      renderText(model.report(), { color: false, width: 100 }),
      /item latency 13 ms on average, by Little’s law/,
    );
  });

  it('does not take bytes for items', () => {
    const { latencyMean } = reportOf(
      `
      read cpu x1                   | abcd------------
      queue files(bytes) read>work  | ${'2'.repeat(16)}
      work cpu x1                   | aaaabbbbccccdddd
    `,
      { withoutItems: true },
    );
    assert.deepEqual(latencyMean, { meanNs: 5e6, by: 'littlesLaw', isAtLeast: true });
  });

  it('is at least so long where items wait unseen', () => {
    const extra = [learned('read', 'parse', 3), learned('parse', 'write', 3)];
    const { latencyMean } = reportOf(threeStages, { withoutItems: true, extra });
    assert.deepEqual(latencyMean, { meanNs: 6e6, by: 'littlesLaw', isAtLeast: true });
  });

  it('counts what runs inside of another stage once', () => {
    const extra = [learned('outer', 'inner', 3, 3)];
    const report = reportOf(
      `
      outer cpu | aaaabbbb
      inner cpu | -aa--bb-
      `,
      { withoutItems: true, extra },
    );
    assert.deepEqual(report.links, [
      { from: 'outer', to: 'inner', known: 'learned', isInside: true },
    ]);
    assert.equal(report.latencyMean?.meanNs, 4e6);
  });

  it('counts the longest of several ways', () => {
    const extra = [
      learned('split', 'long', 1),
      learned('split', 'short', 1),
      learned('long', 'join', 1),
      learned('short', 'join', 1),
    ];
    const report = reportOf(
      `
      split cpu | a-------
      long cpu  | -aaaa---
      short cpu | -a------
      join cpu  | -----a--
      `,
      { withoutItems: true, extra },
    );
    assert.equal(report.latencyMean?.meanNs, 6e6);
  });
});

describe('waits in a queue', () => {
  const drawing = `
    read cpu              | abcd----
    queue files read>work | 01233210
    work cpu              | -aabbcdd
  `;

  it('are known when the agent saw the items arrive', () => {
    const report = reportOf(drawing, { waitUs: { work: 2000 } });
    assert.deepEqual(report.queues[0]?.waitNs, { p50: 2e6, p95: 2e6 });
  });

  it('are not, otherwise', () => {
    assert.equal(reportOf(drawing).queues[0]?.waitNs, null);
  });
});
