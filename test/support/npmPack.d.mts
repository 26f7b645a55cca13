/** Runs a command to its end; throws with everything that it wrote when it fails. */
export function runCommand(command: string, args: readonly string[], cwd: string): void;

/** Unpacks `name@version` into `folder`/package, which `parts` may narrow down to files of the tarball. */
export function unpackFromNpm(spec: string, folder: string, parts?: readonly string[]): void;

/** Fills `folder` once, through an empty folder that `fill` gets, and keeps it. Returns `folder`. */
export function kept(folder: string, fill: (empty: string) => void): string;
