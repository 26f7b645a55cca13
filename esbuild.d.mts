import type { BuildOptions, Metafile } from 'esbuild';

/** One bundle: source, output (both relative to the root) and what is special about it. */
export interface Bundle {
  readonly in: string;
  readonly out: string;
  readonly options: BuildOptions;
}

/** Entry points by artefact. */
export const bundles: readonly Bundle[];

/** Fills dist/ (unless `write` is false) and returns esbuild's metafile of each bundle, by output path. */
export function build(options?: {
  readonly minify?: boolean;
  readonly write?: boolean;
}): Promise<Readonly<Record<string, Metafile>>>;
