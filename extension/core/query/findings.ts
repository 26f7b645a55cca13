/** What a search has found so far, and how much more it may read. */
import { MAX_HITS, type SearchHit } from '../panel/query.js';
import { Foremost, type Placed } from './foremost.js';

/** Rows and samples that one search may read: a second or two. Blocks that are told from their summaries cost nothing. */
const MAX_READ = 50_000_000;

type PlacedHit = Placed & SearchHit;

/** Collects hits; the first ones in time are kept, all are counted. */
export class Findings {
  total = 0;
  /** Everything was looked at. */
  isComplete = true;
  private readonly first = new Foremost<PlacedHit>(MAX_HITS);
  private left: number;

  /** `mayRead`: for tests. */
  constructor(mayRead = MAX_READ) {
    this.left = mayRead;
  }

  /** Asks for leave to read so many rows; false: there have been too many. */
  mayRead(rows: number): boolean {
    if (this.left < rows) this.isComplete = false;
    else this.left -= rows;
    return this.isComplete;
  }

  /** Whether a hit that begins then may be kept: only then is `keep` worth calling. */
  admits(startNs: number): boolean {
    return this.first.admits(startNs);
  }

  /** Keeps a hit that has been counted. */
  keep({ row, level, startNs, durationNs, label }: SearchHit, index: number): void {
    this.first.offer({ key: startNs, row, index, level, startNs, durationNs, label });
  }

  /** The hits that are kept, in the order of time. */
  hits(): readonly SearchHit[] {
    return this.first.inOrder().map(({ row, level, startNs, durationNs, label }) => ({
      row,
      level,
      startNs,
      durationNs,
      label,
    }));
  }
}
