/** Settings that are assigned: `app.conf.worker_concurrency = 4`, `process.env.UV_THREADPOOL_SIZE = '8'`. */
import type { FoundPlace, KnobPlace, KnobTarget } from '../place.js';
import { descendants, isBroken, type SyntaxNode } from '../syntax/node.js';
import { environmentRead, variableTitle } from './environment.js';
import { FullNames } from './fullName.js';
import { Reducer } from './reducer.js';
import { Values } from './value.js';
import { excerptOf, type SourceModule, type Workspace } from './workspace.js';

/** Modules of nothing but settings, as Celery and Django have them. */
const settingsFile = /(celery_?config|celery_?settings|settings|celery|config)\.py$/;

function isTarget(module: SourceModule, left: SyntaxNode, target: KnobTarget): boolean {
  const expr = module.read(left);
  if (module.language === 'javascript') {
    const read = environmentRead(module, expr);
    return target.via === 'libuv' && read?.variable === variableTitle(target.name);
  }
  if (target.via !== 'celery') return false;
  if (expr.kind === 'member') {
    const name = new FullNames(module).of(expr.object);
    return expr.property === target.name && name?.startsWith('celery.Celery().conf') === true;
  }
  const isName = left.text === target.name || left.text === `CELERY_${target.name.toUpperCase()}`;
  return (
    isName && settingsFile.test(module.file) && module.scopes.scopeOf(left) === module.scopes.top
  );
}

/** The places of a file that assign the setting. */
export async function settingsIn(
  workspace: Workspace,
  module: SourceModule,
  target: KnobTarget,
): Promise<readonly KnobPlace[]> {
  const places: KnobPlace[] = [];
  for (const node of descendants(module.root)) {
    if (!/^assignment(_expression)?$/.test(node.type)) continue;
    const [left, right] = [node.at('left'), node.at('right')];
    if (left === undefined || right === undefined || !isTarget(module, left, target)) continue;
    places.push(await placeOf({ workspace, module, target }, node, right));
  }
  return places;
}

async function placeOf(
  { workspace, module, target }: { workspace: Workspace; module: SourceModule; target: KnobTarget },
  assignment: SyntaxNode,
  right: SyntaxNode,
): Promise<KnobPlace> {
  const reducer = new Reducer({ workspace });
  const stated = await new Values(reducer).of({
    module,
    node: right,
    trail: [],
    how: 'assignment',
  });
  const construction = excerptOf(module, assignment);
  const isPlain = stated.kind === 'stated' && stated.trail.length === 0 && !isBroken(assignment);
  if (!isPlain) {
    const reason = 'It is assigned something that is worked out.';
    return { kind: 'unsure', target, reason, candidates: [construction] };
  }
  const found: FoundPlace = {
    kind: 'found',
    target,
    how: stated.how,
    place: excerptOf(module, stated.node),
    value: stated.value,
    construction,
    notes: [...reducer.notes],
    recipe: {
      source: module.text,
      language: module.language,
      before: '',
      after: '',
      asText: stated.quote === null ? null : { quote: stated.quote },
      takesExpressions: true,
    },
  };
  return found;
}
