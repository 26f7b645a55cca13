/** Paths as both kinds of system write them. Nothing here asks a file system. */

const jsExtensions = ['ts', 'tsx', 'mts', 'cts', 'js', 'jsx', 'mjs', 'cjs', 'json'];

/** TypeScript is imported by the name of what it is compiled to. */
const compiledFrom: Readonly<Record<string, readonly string[]>> = {
  js: ['ts', 'tsx', 'jsx'],
  mjs: ['mts'],
  cjs: ['cts'],
  jsx: ['tsx'],
};

/** The folder of a file. */
export function folderOf(file: string): string {
  const end = Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\'));
  return end < 0 ? '' : file.slice(0, end);
}

/** A path from a folder, without `.` and `..` in it. Absolute paths stay what they are. */
export function join(folder: string, relative: string): string {
  if (/^([\\/]|[A-Za-z]:[\\/])/.test(relative)) return relative;
  const separator = folder.includes('\\') ? '\\' : '/';
  const parts = folder.split(/[\\/]/);
  for (const part of relative.split(/[\\/]/)) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join(separator);
}

/** Is it a file of the program, and not a package's name? */
export function isRelative(module: string): boolean {
  return /^\.\.?([\\/]|$)/.test(module);
}

/** Where a module of JavaScript may be, likeliest first. */
export function javaScriptFiles(importer: string, module: string): readonly string[] {
  if (!isRelative(module)) return [];
  const path = join(folderOf(importer), module);
  const [, base = path, extension = ''] = /^(.*)\.(\w+)$/.exec(path) ?? [];
  const sources = (compiledFrom[extension] ?? []).map((e) => `${base}.${e}`);
  const isWhole = jsExtensions.includes(extension);
  const isCompiled = /\.[cm]?jsx?$/.test(importer);
  const whole = isWhole ? [path] : [];
  return [
    ...(isCompiled ? [...whole, ...sources] : [...sources, ...whole]),
    ...jsExtensions.map((e) => `${path}.${e}`),
    ...jsExtensions.map((e) => join(path, `index.${e}`)),
  ];
}

/** How many folders up an absolute import of Python is looked for. */
const MAX_PARENTS = 5;

/** Where a module of Python may be, likeliest first. `name` may be a module in the package, too. */
export function pythonFiles(importer: string, module: string): readonly string[] {
  const [, dots = '', rest = ''] = /^(\.*)(.*)$/.exec(module) ?? [];
  const path = rest.replaceAll('.', '/');
  let folder = folderOf(importer);
  const at = (from: string): readonly string[] =>
    path === ''
      ? [join(from, '__init__.py')]
      : [join(from, `${path}.py`), join(from, `${path}/__init__.py`)];
  if (dots !== '') {
    for (let i = 1; i < dots.length; i++) folder = folderOf(folder);
    return at(folder);
  }
  const files: string[] = [];
  for (let i = 0; i <= MAX_PARENTS && folder !== ''; i++) {
    files.push(...at(folder));
    folder = folderOf(folder);
  }
  return files;
}

/** What is exported from a package under a name, in full: `rxjs.mergeMap`, `p-queue`. */
export function packageName(module: string, name: string): string {
  const base = module.replace(/^node:/, '');
  return name === '*' || name === 'default' ? base : `${base}.${name}`;
}
