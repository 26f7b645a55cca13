import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { errorPage, panelPage } from '../../../../extension/host/panel/page.js';

const input = {
  cspSource: "'self' https://*.vscode-cdn.net",
  scriptUri: 'https://x/panel.js',
  styleUri: 'https://x/panel.css',
  capturePath: '/captures/a "b" <c> & \'d\'.fxt',
};

/** The policy of a page, directive by directive, with the entities resolved. */
function policyOf(html: string): Map<string, string> {
  const content = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
  const policy = content.replaceAll('&#39;', "'").replaceAll('&amp;', '&');
  return new Map(
    policy.split('; ').map((directive): [string, string] => {
      const [name = '', ...values] = directive.split(' ');
      return [name, values.join(' ')];
    }),
  );
}

test('the panel may run its own script and load its own styles, and nothing else', () => {
  const html = panelPage(input);
  const policy = policyOf(html);
  assert.deepEqual([...policy.keys()], ['default-src', 'script-src', 'style-src', 'font-src']);
  assert.equal(policy.get('default-src'), "'none'");
  const hashOfNothing = `'sha256-${createHash('sha256').digest('base64')}'`;
  assert.equal(policy.get('style-src'), `${input.cspSource} ${hashOfNothing}`);
  const nonce = /^'nonce-([^']{24,})'$/.exec(policy.get('script-src') ?? '')?.[1];
  assert.ok(nonce !== undefined);
  assert.ok(html.includes(`<script nonce="${nonce}" src="https://x/panel.js"></script>`));
  assert.ok(!html.includes('unsafe'));
});

test('every page has a nonce of its own', () => {
  const nonceOf = (html: string): string | undefined => policyOf(html).get('script-src');
  assert.notEqual(nonceOf(panelPage(input)), nonceOf(panelPage(input)));
});

test('a path cannot become markup', () => {
  assert.ok(
    panelPage(input).includes(
      'data-capture="/captures/a &quot;b&quot; &lt;c&gt; &amp; &#39;d&#39;.fxt"',
    ),
  );
});

test('the error page runs no script and escapes what it says', () => {
  const html = errorPage(input, '<b>.fxt', 'because of </p><script>');
  assert.equal(policyOf(html).get('script-src'), undefined);
  assert.ok(html.includes('&lt;b&gt;.fxt'));
  assert.ok(!html.includes('<script'));
});
