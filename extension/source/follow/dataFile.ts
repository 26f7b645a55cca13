/** Expressions that give what a file of data holds: `JSON.parse(readFileSync('./config.json'))`. */
import type { CallExpr } from '../syntax/expression.js';
import { descendants, type SyntaxNode } from '../syntax/node.js';
import { folderOf, join } from './paths.js';
import type { SourceModule, Workspace } from './workspace.js';

const readers =
  /^(JSON\.parse|json\.loads?|(yaml|YAML|jsyaml)\.(safe_load|load|full_load|safeLoad|parse)|tomllib\.load)$/;
const dataName = /\.(json|jsonc|ya?ml)$/i;

/** Programs are started in a folder above their source, mostly. */
const MAX_PARENTS = 3;
const MAX_HOPS = 4;

/** The file that the call gives the content of; undefined: not such a call, or no literal path. */
export async function dataFileOf(
  workspace: Workspace,
  module: SourceModule,
  call: CallExpr,
): Promise<string | undefined> {
  if (!readers.test(call.callee.text)) return undefined;
  const [argument] = call.args;
  const path = argument === undefined ? undefined : literalPath(module, argument.value, MAX_HOPS);
  if (path === undefined) return undefined;
  let folder = folderOf(module.file);
  const beside = join(folder, path);
  if (/__dirname|import\.meta|__file__/.test(module.text)) return workspace.first([beside]);
  const found: string[] = [];
  for (let i = 0; i <= MAX_PARENTS; i++) {
    const file = join(folder, path);
    if ((await workspace.text(file)) !== null) found.push(file);
    folder = folderOf(folder);
  }
  // Relative to a folder that nobody knows.
  return found.length === 1 ? found[0] : undefined;
}

/** The one literal path in an expression, through the names in it. */
function literalPath(module: SourceModule, node: SyntaxNode, hops: number): string | undefined {
  const paths = new Set<string>();
  for (const inner of descendants(node)) {
    const expr = module.read(inner);
    if (expr.kind === 'text' && expr.node === inner && dataName.test(expr.value)) {
      paths.add(wholePath(module, inner, expr.value));
    } else if (expr.kind === 'name' && expr.node === inner && hops > 0) {
      const origin = module.scopes.resolve(expr.name, inner)?.declarations[0]?.origin;
      const init = origin?.kind === 'value' ? origin.init : null;
      const further = init === null ? undefined : literalPath(module, init, hops - 1);
      if (further !== undefined) paths.add(further);
    }
  }
  const [only, ...others] = paths;
  return others.length === 0 ? only : undefined;
}

/** `path.join(__dirname, '..', 'config.json')` */
function wholePath(module: SourceModule, node: SyntaxNode, text: string): string {
  const call = node.parent?.parent;
  const expr = call == null ? undefined : module.read(call);
  if (expr?.kind !== 'call' || !/(^|\.)(join|resolve)$/.test(expr.callee.text)) return text;
  const parts = expr.args.map(({ value }) => module.read(value));
  return parts.flatMap((part) => (part.kind === 'text' ? [part.value] : [])).join('/');
}
