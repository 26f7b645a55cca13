/** Expressions that give what a file of data holds: `JSON.parse(readFileSync('./config.json'))`. */
import type { CallExpr, Expr, NameExpr } from '../syntax/expression.js';
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
    if (expr.node !== inner) continue;
    const path = expr.kind === 'name' ? pathOfName(module, expr, hops) : textPath(module, expr);
    if (path !== undefined) paths.add(path);
  }
  const [only, ...others] = paths;
  return others.length === 0 ? only : undefined;
}

function textPath(module: SourceModule, expr: Expr): string | undefined {
  if (expr.kind !== 'text' || !dataName.test(expr.value)) return undefined;
  return wholePath(module, expr.node, expr.value);
}

function pathOfName(module: SourceModule, expr: NameExpr, hops: number): string | undefined {
  const origin = module.scopes.resolve(expr.name, expr.node)?.declarations[0]?.origin;
  if (hops === 0 || origin?.kind !== 'value' || origin.init === null) return undefined;
  return literalPath(module, origin.init, hops - 1);
}

/** `path.join(__dirname, '..', 'config.json')` */
function wholePath(module: SourceModule, node: SyntaxNode, text: string): string {
  const call = node.parent?.parent ?? undefined;
  const expr = call === undefined ? undefined : module.read(call);
  if (expr?.kind !== 'call' || !/(^|\.)(join|resolve)$/.test(expr.callee.text)) return text;
  const parts = expr.args.map(({ value }) => module.read(value));
  return parts.flatMap((part) => (part.kind === 'text' ? [part.value] : [])).join('/');
}
