/**
 * Processes that do the same share rows. A program that starts a child for each of 200 files has 200 stages of one name;
 * a row for each would be neither readable nor of use, so from `MIN_MEMBERS` on they are one row, which opens to their lanes.
 */
import type { LinkedQueue, Pipeline } from '../analysis/topology.js';
import type { Stage } from '../model/entities.js';

/** As many processes are shown apart. */
const MIN_MEMBERS = 4;

/** A row: one thing, or several of the same name. */
export interface RowGroup<T> {
  readonly rowId: number;
  readonly members: readonly T[];
}

/** Knows which rows of a session are joined; ids stay. */
export class RowGroups {
  private readonly newRowId: () => number;
  private readonly ids = new Map<string, number>();

  constructor(newRowId: () => number) {
    this.newRowId = newRowId;
  }

  /** The stages of a pipeline, in its order; joined ones stand where the first of them does. */
  stages(pipeline: Pipeline): readonly RowGroup<Stage>[] {
    return this.grouped(pipeline.stages, {
      kind: `stage\n${pipeline.name}`,
      nameOf: ({ name }) => name,
      idOf: ({ rowId }) => rowId,
    });
  }

  /** The queues of a pipeline. */
  queues(pipeline: Pipeline): readonly RowGroup<LinkedQueue>[] {
    return this.grouped(pipeline.queues, {
      kind: `queue\n${pipeline.name}`,
      nameOf: ({ queue }) => queue.name,
      idOf: ({ queue }) => queue.rowId,
    });
  }

  private grouped<T>(
    things: readonly T[],
    { kind, nameOf, idOf }: Naming<T>,
  ): readonly RowGroup<T>[] {
    const byName = new Map<string, T[]>();
    for (const thing of things) {
      const same = byName.get(nameOf(thing));
      if (same === undefined) byName.set(nameOf(thing), [thing]);
      else same.push(thing);
    }
    const groups: RowGroup<T>[] = [];
    for (const thing of things) {
      const members = byName.get(nameOf(thing)) ?? [];
      if (members.length < MIN_MEMBERS) groups.push({ rowId: idOf(thing), members: [thing] });
      else if (members[0] === thing) {
        groups.push({ rowId: this.idOf(`${kind}\n${nameOf(thing)}`), members });
      }
    }
    return groups;
  }

  private idOf(key: string): number {
    let id = this.ids.get(key);
    if (id === undefined) {
      id = this.newRowId();
      this.ids.set(key, id);
    }
    return id;
  }
}

interface Naming<T> {
  readonly kind: string;
  readonly nameOf: (thing: T) => string;
  readonly idOf: (thing: T) => number;
}
