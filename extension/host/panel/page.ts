/**
 * The pages that a webview of ours shows. Data never stands in them: it comes as messages, so nothing that a program calls
 * itself can become markup.
 *
 * The policy names what is used and nothing else. No 'unsafe-inline': the toolkit's controls style themselves through
 * adopted style sheets, and d3 sets styles through the object model, neither of which a policy for inline styles covers.
 */
import { randomBytes } from 'node:crypto';

/**
 * The toolkit finds out whether the browser knows `:focus-visible` by putting an empty style element into the page and a rule
 * into that. This is the hash of nothing: an inline style is allowed as long as it is empty.
 */
const EMPTY_STYLE_HASH = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";

/** What a page needs from its webview. URIs are those that the webview can load. */
export interface PageInput {
  readonly cspSource: string;
  readonly scriptUri: string;
  readonly styleUri: string;
  /** Kept by the panel in its state, so that a panel which outlives the window can be filled again; empty: not restorable. */
  readonly capturePath: string;
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** The panel's page: an empty root that the panel's script fills. */
export function panelPage(input: PageInput): string {
  const nonce = randomBytes(18).toString('base64');
  const { cspSource } = input;
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource} ${EMPTY_STYLE_HASH}`,
    `font-src ${cspSource}`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}" />
    <link rel="stylesheet" href="${escapeHtml(input.styleUri)}" />
    <title>Sluice</title>
  </head>
  <body>
    <div id="root" data-capture="${escapeHtml(input.capturePath)}"></div>
    <script nonce="${nonce}" src="${escapeHtml(input.scriptUri)}"></script>
  </body>
</html>`;
}

/** Shown instead of a panel when there is nothing to look at: what, why, what to do. No script runs in it. */
export function errorPage(
  input: Pick<PageInput, 'cspSource' | 'styleUri'>,
  title: string,
  detail: string,
): string {
  const policy = `default-src 'none'; style-src ${input.cspSource}`;
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}" />
    <link rel="stylesheet" href="${escapeHtml(input.styleUri)}" />
    <title>Sluice</title>
  </head>
  <body role="alert">
    <h1>${escapeHtml(title)}</h1>
    <p>${escapeHtml(detail)}</p>
  </body>
</html>`;
}
