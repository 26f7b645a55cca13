/** Serves the bench pages to a browser on this machine: bundles from memory, files from folders. */
import { createReadStream, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import path from 'node:path';

const types: Readonly<Record<string, string>> = {
  // Pages have no extension.
  '': 'text/html',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

export interface Served {
  /** Texts by path. */
  readonly texts: Readonly<Record<string, string>>;
  /** Folders by the first part of a path: `/data/few.json` is `few.json` in the folder of `data`. */
  readonly folders: Readonly<Record<string, string>>;
}

/** The file of a path; null when there is none. */
function fileOf(folders: Served['folders'], pathname: string): string | null {
  const [, first = '', name = ''] = pathname.split('/');
  const folder = folders[first];
  // Names only: nothing above or below the folder.
  if (folder === undefined || !/^[\w.-]+$/.test(name) || name.startsWith('.')) return null;
  return path.join(folder, name);
}

/** Starts serving; close it at the end. */
export async function serve({
  texts,
  folders,
}: Served): Promise<{ server: Server; origin: string }> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const headers = {
      'content-type': types[path.extname(pathname)] ?? 'application/octet-stream',
      // Only such pages are told how much memory they take, their workers included.
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
    };
    const text = texts[pathname];
    const file = fileOf(folders, pathname);
    if (text !== undefined) {
      response.writeHead(200, headers).end(text);
      return;
    }
    const size = file === null ? undefined : statSync(file, { throwIfNoEntry: false })?.size;
    if (file === null || size === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { ...headers, 'content-length': size });
    createReadStream(file, { highWaterMark: 1 << 20 }).pipe(response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port to serve on');
  return { server, origin: `http://localhost:${address.port}` };
}
