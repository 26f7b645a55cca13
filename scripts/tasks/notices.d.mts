/** Types of notices.mjs for the tests. */
interface Metafile {
  readonly inputs: Readonly<Record<string, unknown>>;
}
type Metafiles = Readonly<Record<string, Metafile>>;

export function bundledPackages(metafiles: Metafiles): readonly string[];
export function noticeOf(
  root: string,
  folder: string,
): {
  readonly name: string;
  readonly version: string;
  readonly licence: string | null;
  readonly texts: readonly string[];
};
export function noticesText(root: string, metafiles: Metafiles): string;
