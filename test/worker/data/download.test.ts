// A coordinator that says nothing more must not hold up a worker.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { download } from '../../../worker/data/download.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const STALL_MS = 300;

test('a download of which nothing more comes ends with an error that another try may cure, a slow one does not', async (t) => {
  const server = createServer((request, response) => {
    if (request.url === '/data/1/0') return;
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    response.write('ab');
    if (request.url === '/data/1/1') return;
    // Longer than the limit in all, with something now and then.
    const timer = setInterval(() => response.write('c'), STALL_MS / 3);
    setTimeout(() => { clearInterval(timer); response.end(); }, STALL_MS * 2);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => { server.closeAllConnections(); server.close(); });
  const from = { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), stage: 1, stallMs: STALL_MS };
  const path = join(await makeTempFolder(t), 'file');
  for (const index of [0, 1]) {
    const wanted = { index, path: 'x.png', bytes: 100 };
    await t.throwsAsync(download(from, wanted, path, new AbortController().signal), { code: 'UNREACHABLE', message: /nothing more came of "x\.png" for 0\.3 seconds/ });
  }
  await download(from, { index: 2, path: 'x.png', bytes: 100 }, path, new AbortController().signal);
  t.regex(await readFile(path, 'utf8'), /^abc{3,}$/);
});
