/** How far a trial is. */

/** What a trial does at present. */
export interface TrialStep {
  /**
   * `waits`: until items leave the pipeline; `noise`: looks how the program varies by itself; `blocks`: compares; `cools`: lets
   * what a bad candidate left behind pass.
   */
  readonly phase: 'waits' | 'noise' | 'blocks' | 'cools';
  /** The block that runs, from 1 on, and how many there are; 0 where there are none. */
  readonly block: number;
  readonly blocks: number;
  /** Milliseconds to the verdict at most; null: not known. */
  readonly leftMs: number | null;
}

/** A step as people read it. */
export function stepText({ phase, block, blocks }: TrialStep): string {
  switch (phase) {
    case 'waits':
      return 'waits until the program is at work';
    case 'noise':
      return `measures how the program varies, ${block} of ${blocks}`;
    case 'blocks':
      return `compares with and without it, block ${block} of ${blocks}`;
    case 'cools':
      return 'lets the program settle';
  }
}
