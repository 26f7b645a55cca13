/**
 * The example that is bundled with the extension, put into a folder where a user can run and change it. It comes with the
 * agent in node_modules, so that `import 'sluice'` works there without an installation. Knows nothing of VS Code.
 */
import { cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Folder of the example below the extension's, and the file that is opened. */
const EXAMPLE = 'examples/first-pipeline';
const ENTRY = 'index.mjs';

/**
 * Copies the example into `target`, which is made, and returns the path of its entry. Files of the user's stay as they are:
 * what was tried out on the example is still there when it is opened again. The agent is always that of this version.
 */
export async function putExample(extensionPath: string, target: string): Promise<string> {
  await mkdir(target, { recursive: true });
  const agent = path.join(target, 'node_modules/sluice');
  await cp(path.join(extensionPath, EXAMPLE), target, {
    recursive: true,
    force: false,
    errorOnExist: false,
  });
  await cp(path.join(extensionPath, 'dist/agent'), path.join(agent, 'dist/agent'), {
    recursive: true,
    filter: (source) => !source.endsWith('.map'),
  });
  await writeFile(path.join(agent, 'package.json'), await agentManifest(extensionPath));
  return path.join(target, ENTRY);
}

/** What of the package.json is for programs that import the agent. */
async function agentManifest(extensionPath: string): Promise<string> {
  const text = await readFile(path.join(extensionPath, 'package.json'), 'utf8');
  const manifest: unknown = JSON.parse(text);
  const field = (name: string): unknown =>
    typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, name) : undefined;
  const kept = ['name', 'version', 'license', 'type', 'exports'].map((name) => [name, field(name)]);
  return `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`;
}

/** A folder of this name in `parent` that is free or holds the example already. */
export async function exampleFolderIn(parent: string): Promise<string> {
  const name = path.basename(EXAMPLE);
  for (let i = 1; ; i++) {
    const folder = path.join(parent, i === 1 ? name : `${name}-${i}`);
    if (!(await isThere(folder)) || (await isThere(path.join(folder, ENTRY)))) return folder;
  }
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
