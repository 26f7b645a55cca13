/**
 * From a knob of a running program to the text to edit: the bundle `dist/source.cjs`, loaded when somebody first asks.
 * The README of this folder says how a place is found and when the locator refuses.
 */
export { createLocator, type GrammarFile, type LoadGrammar, type Locator } from './locator.js';
export { siteAt } from './sites.js';
export type {
  EditRecipe,
  FoundPlace,
  HowStated,
  KnobPlace,
  KnobSite,
  KnobTarget,
  NewValue,
  SourceExcerpt,
  SourceFiles,
  SourceRange,
  TextEdit,
  UnsurePlace,
} from './place.js';
