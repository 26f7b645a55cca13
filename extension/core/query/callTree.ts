/** Calls of several threads, joined where they are the same, and cut down to what can be told apart in a picture. */

/** Nodes of an answer. */
const MAX_NODES = 20_000;
/** Of all time, what a node must have to be in an answer: a fifth of a pixel on a wide screen. */
const LEAST_SHARE = 0.0002;
/** Two factors of a key that fits a double exactly: there are at most 100,000 functions. */
const KEY = 2 ** 20;
/** Nodes that are looked at between two steps. */
const PER_STEP = 8192;

/** A tree in columns: node 0 is the root, whose function and parent are -1; parents come first. */
export interface CallColumns {
  /** Ids of the functions that are in the tree. */
  readonly functions: readonly number[];
  readonly parent: readonly number[];
  /** Index into `functions`. */
  readonly function: readonly number[];
  readonly selfNs: readonly number[];
  readonly totalNs: readonly number[];
  /** Time in calls that were left out. */
  readonly droppedNs: number;
}

/** A tree of calls; node 0 is the root. */
export class CallTree {
  /** All time spent in it, in nanoseconds. */
  wholeNs = 0;
  private readonly parent = [-1];
  private readonly function = [-1];
  private readonly selfNs = [0];
  private readonly places = new Map<number, number>();

  /** The node of a function called by another node. */
  child(parent: number, functionId: number): number {
    const key = parent * KEY + functionId;
    const known = this.places.get(key);
    if (known !== undefined) return known;
    const node = this.parent.length;
    this.parent.push(parent);
    this.function.push(functionId);
    this.selfNs.push(0);
    this.places.set(key, node);
    return node;
  }

  /** Adds time that was spent in the function of the node itself. */
  spend(node: number, ns: number): void {
    this.selfNs[node] = (this.selfNs[node] ?? 0) + ns;
    this.wholeNs += ns;
  }

  /** The tree without what is too small. A node that is left out takes those below it along. */
  *pruned(): Generator<undefined, CallColumns> {
    const { parent, selfNs } = this;
    const totalNs = Float64Array.from(selfNs);
    for (let node = totalNs.length - 1; node > 0; node--) {
      const up = parent[node] ?? 0;
      totalNs[up] = (totalNs[up] ?? 0) + (totalNs[node] ?? 0);
      if (node % PER_STEP === 0) yield;
    }
    const kept = this.keptOf(totalNs);
    yield;
    return this.columnsOf(kept, totalNs);
  }

  /** The nodes to keep. A node has no more time than the one that it is called by, so that one is kept as well. */
  private keptOf(totalNs: Float64Array): readonly number[] {
    const leastNs = LEAST_SHARE * this.wholeNs;
    const large = this.parent.flatMap((_, node) =>
      node === 0 || (totalNs[node] ?? 0) >= leastNs ? [node] : [],
    );
    if (large.length <= MAX_NODES) return large;
    large.sort((a, b) => (totalNs[b] ?? 0) - (totalNs[a] ?? 0) || a - b);
    return large.slice(0, MAX_NODES).sort((a, b) => a - b);
  }

  private columnsOf(kept: readonly number[], totalNs: Float64Array): CallColumns {
    const places = new Map(kept.map((node, place) => [node, place]));
    const functionPlaces = new Map<number, number>();
    let droppedNs = 0;
    for (let node = 1; node < this.parent.length; node++) {
      const isCut = !places.has(node) && places.has(this.parent[node] ?? 0);
      if (isCut) droppedNs += totalNs[node] ?? 0;
    }
    const functionOf = (node: number): number => {
      const id = this.function[node] ?? -1;
      if (id < 0) return -1;
      const known = functionPlaces.get(id);
      if (known !== undefined) return known;
      functionPlaces.set(id, functionPlaces.size);
      return functionPlaces.size - 1;
    };
    const functions = kept.map(functionOf);
    return {
      functions: [...functionPlaces.keys()],
      parent: kept.map((node) => (node === 0 ? -1 : (places.get(this.parent[node] ?? 0) ?? 0))),
      function: functions,
      selfNs: kept.map((node) => this.selfNs[node] ?? 0),
      totalNs: kept.map((node) => totalNs[node] ?? 0),
      droppedNs,
    };
  }
}
