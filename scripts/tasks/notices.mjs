// Licences of what is inside of the bundles: whoever gets them gets the texts, too.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const LICENCE = /^(licen[sc]e|copying|notice)/i;

/** Folders of the packages that the bundles hold something of, by esbuild's metafiles. */
export function bundledPackages(metafiles) {
  const folders = new Set();
  for (const { inputs, outputs } of Object.values(metafiles)) {
    const used = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
    const kept = new Set(used.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([f]) => f));
    for (const file of Object.keys(inputs)) {
      const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
      if (folder !== undefined && kept.has(file)) folders.add(folder);
    }
  }
  return [...folders].sort();
}

/** What must be said of one package: name, version, licence, and the texts that lie in it. */
export function noticeOf(root, folder) {
  const full = path.join(root, folder);
  const { name, version, license } = JSON.parse(
    readFileSync(path.join(full, 'package.json'), 'utf8'),
  );
  const texts = readdirSync(full, { withFileTypes: true })
    .filter((entry) => entry.isFile() && LICENCE.test(entry.name))
    .map((entry) => readFileSync(path.join(full, entry.name), 'utf8').trim());
  return { name, version, licence: license ?? null, texts };
}

/** All of them as one file. */
export function noticesText(root, metafiles) {
  const line = '-'.repeat(80);
  const parts = bundledPackages(metafiles).map((folder) => {
    const { name, version, licence, texts } = noticeOf(root, folder);
    const text = texts.length > 0 ? texts.join('\n\n') : `Licence: ${licence ?? 'not stated'}`;
    return `${line}\n${name} ${version} (${licence ?? 'see below'})\n${line}\n\n${text}\n`;
  });
  return `Sluice holds code of these packages, under their own licences.\n\n${parts.join('\n')}`;
}
