/** The NODE_OPTIONS that a program would have got without us: the agent joins them and never replaces them. */

/** Longer files are no files of variables. */
const MAX_CHARACTERS = 1 << 20;

/**
 * NODE_OPTIONS in a file of variables (`NAME=value` lines, as `envFile` of a launch configuration names it); undefined when
 * it sets none. Quotes around the value go, as with dotenv; the last line counts.
 */
export function nodeOptionsIn(envFile: string): string | undefined {
  const lines = [
    ...envFile
      .slice(0, MAX_CHARACTERS)
      .matchAll(/^[ \t]*(?:export[ \t]+)?NODE_OPTIONS[ \t]*=(.*)$/gm),
  ];
  const value = lines.at(-1)?.[1]?.trim();
  if (value === undefined) return undefined;
  const quoted = /^(['"])(.*)\1$/.exec(value);
  return quoted === null ? value : (quoted[2] ?? '');
}

/** The first that is set, in falling order of precedence; empty when none is. An explicit null unsets the variable. */
export function effectiveOptions(candidates: readonly (string | null | undefined)[]): string {
  return candidates.find((candidate) => candidate !== undefined) ?? '';
}
