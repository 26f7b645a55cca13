/**
 * Made-up pipelines whose knobs bring nothing, whatever they are set to: what limits them is something else. Advice on them is
 * A against A, so any gain that is promised is a false one.
 */
import { Random } from '../../extension/core/statistics/random.js';
import type { MadePipeline, MadeStage, Work } from './madeRun.js';
import { madeSession, type MadeRecording, type MadeSession } from './madeSession.js';

interface Nothing {
  readonly pipeline: MadePipeline;
  readonly recording: MadeRecording;
}

const CORES = 4;

/** Times around a mean that vary by a share of it, from hardly to exponentially. */
function around(meanMs: number, spread: number): MadeStage['serviceMs'] {
  return ({ random }: Work) => meanMs * (1 - spread) + random.exponential(meanMs * spread);
}

/** Free numbers of a pipeline. */
class Draw {
  readonly random: Random;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.random.next();
  }

  whole(low: number, high: number): number {
    return low + this.random.below(high - low + 1);
  }

  /** A stage that keeps up with so many items a second with a third of its time to spare, or more. */
  easy(name: string, perSec: number): MadeStage {
    const lanes = this.whole(1, 4);
    const meanMs = ((1000 * lanes) / perSec) * this.between(0.2, 0.6);
    return {
      name,
      kind: 'io',
      lanes,
      serviceMs: around(meanMs, this.between(0, 0.5)),
      cpu: 0.02,
      queue: 16,
      lanesKnob: [1, 32],
      queueKnob: [1, null],
    };
  }
}

type Kind = (draw: Draw) => Nothing;

/** The source has one lane, and takes as long as it takes. */
const slowSource: Kind = (draw) => {
  const meanMs = draw.between(2, 6);
  const source = { name: 'read', kind: 'source', lanes: 1, cpu: 0.1 } as const;
  return {
    pipeline: {
      runMs: 600 * meanMs,
      stages: [
        { ...source, serviceMs: around(meanMs, draw.between(0, 0.6)) },
        draw.easy('look', 1000 / meanMs),
        draw.easy('store', 1000 / meanMs),
      ],
    },
    recording: {},
  };
};

/** Items come by themselves. */
const slowArrivals: Kind = (draw) => {
  const meanMs = draw.between(3, 6);
  const atMs: number[] = [];
  for (let at = 1; at < 600 * meanMs; at += draw.random.exponential(meanMs)) atMs.push(at);
  return {
    pipeline: {
      runMs: 600 * meanMs,
      arrivals: { kind: 'at', atMs },
      stages: [draw.easy('look', 1000 / meanMs), draw.easy('store', 1000 / meanMs)],
    },
    recording: {},
  };
};

/** All cores compute. */
const fullCores: Kind = (draw) => {
  const meanMs = draw.between(8, 20);
  return {
    pipeline: {
      runMs: 200 * meanMs,
      stages: [
        { name: 'read', kind: 'source', lanes: 1, serviceMs: 0.5, cpu: 0 },
        {
          name: 'work',
          lanes: CORES,
          serviceMs: around(meanMs, draw.between(0, 0.3)),
          queue: 32,
          lanesKnob: [1, 64],
          queueKnob: [1, null],
        },
      ],
    },
    recording: { cores: CORES },
  };
};

/** The service at the end lets so many through. */
const limited: Kind = (draw) => {
  const perSec = draw.between(100, 200);
  return {
    pipeline: {
      runMs: 500_000 / perSec,
      stages: [
        { name: 'read', kind: 'source', lanes: 1, serviceMs: 0.5, cpu: 0.1 },
        draw.easy('look', perSec),
        {
          name: 'call',
          kind: 'sink',
          lanes: draw.whole(4, 8),
          serviceMs: around(10, 0.3),
          cpu: 0.02,
          perSec,
          queue: 16,
          lanesKnob: [1, 32],
        },
      ],
    },
    recording: {},
  };
};

/** The knob is at its end. */
const atItsEnd: Kind = (draw) => {
  const lanes = draw.whole(2, 6);
  const meanMs = draw.between(10, 20);
  const slow: MadeStage = {
    name: 'call',
    kind: 'io',
    lanes,
    serviceMs: around(meanMs, draw.between(0, 0.5)),
    cpu: 0.02,
    queue: 64,
    lanesKnob: [1, lanes],
  };
  return {
    pipeline: {
      runMs: (500 * meanMs) / lanes,
      stages: [
        { name: 'read', kind: 'source', lanes: 1, serviceMs: 0.5, cpu: 0.1 },
        slow,
        draw.easy('store', (1000 * lanes) / meanMs),
      ],
    },
    recording: {},
  };
};

/** One thread computes for all. */
const fullLoop: Kind = (draw) => {
  const loopMs = draw.between(2, 4);
  return {
    pipeline: {
      runMs: 500 * loopMs,
      stages: [
        { name: 'read', kind: 'source', lanes: 1, serviceMs: 0.5, cpu: 0.1 },
        {
          name: 'fetch',
          kind: 'io',
          lanes: draw.whole(12, 20),
          serviceMs: around(draw.between(10, 20), 0.3),
          loopMs,
          threads: 'main',
          queue: 32,
          lanesKnob: [1, 64],
        },
      ],
    },
    recording: {},
  };
};

const kinds: readonly Kind[] = [slowSource, slowArrivals, fullCores, limited, atItsEnd, fullLoop];

/** A session of a pipeline with nothing to gain; another one for each seed. */
export function nothingToGain(seed: number): MadeSession {
  const kind = kinds[seed % kinds.length] ?? slowSource;
  const { pipeline, recording } = kind(new Draw(seed));
  return madeSession({ ...pipeline, seed }, recording);
}
