import type { Metafile } from 'esbuild';

/** Fills dist/ (unless `write` is false) and returns esbuild's metafile of each bundle, by output path. */
export function build(options?: {
  readonly minify?: boolean;
  readonly write?: boolean;
}): Promise<Readonly<Record<string, Metafile>>>;
