// Roles and their tokens: what each opens, and what happens to whoever is in when one changes.

import { once } from 'node:events';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { WebSocket } from 'ws';
import { createRoutes } from '../../../coordinator/server/routes.js';
import type { SecretsEvent } from '../../../coordinator/server/secrets.js';
import { startServer, type ServerOptions } from '../../../coordinator/server/server.js';
import { readTokens, rolesOf, type Secrets } from '../../../coordinator/server/tokens.js';
import { CLOSE } from '../../../shared/protocol/close-codes.js';
import { until } from '../../helpers/processes.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const tokens = { worker: 'w', operator: 'o', viewer: 'v' };
const rolesIn = (given: string, all: Parameters<typeof rolesOf>[1]): string[] => [...rolesOf(given, all)].sort();

test('a token opens its role and what it includes; without one for operators that of workers operates', (t) => {
  t.deepEqual(rolesIn('w', tokens), ['viewer', 'worker']);
  t.deepEqual(rolesIn('o', tokens), ['operator', 'viewer']);
  t.deepEqual(rolesIn('v', tokens), ['viewer']);
  t.deepEqual(rolesIn('', tokens), []);
  t.deepEqual(rolesIn('w', { worker: 'w' }), ['operator', 'viewer', 'worker']);
  t.deepEqual(rolesIn('', {}), ['operator', 'viewer', 'worker']);
});

test('secrets that protect nothing are refused, and no message holds one', (t) => {
  const refused = (secrets: Secrets): string => t.throws(() => readTokens(secrets), { code: 'BAD_ARGUMENT' }).message;
  t.regex(refused({ viewer: { token: 'v' } }), /would let anyone in/);
  t.regex(refused({ operator: { token: 'o' } }), /would let anyone in/);
  t.is(refused({ worker: { token: 'hush' }, viewer: { token: 'hush' } }), "the viewer's and the worker's token are the same.");
  t.is(refused({ worker: { token: 'hush' }, operator: { token: 'hush' } }), "the operator's and the worker's token are the same.");
  t.regex(refused({ worker: { token: 'hu\nsh' } }), /^expected a token of one line of printable ASCII, at most 4096 characters, given another in the worker's token\.$/);
});

test('a file of a token is one line; without one that can be used nothing starts', async (t) => {
  const folder = await makeTempFolder(t);
  const file = join(folder, 'token');
  const read = (): unknown => readTokens({ worker: { tokenFile: file } });
  t.regex(t.throws(read, { code: 'BAD_ARGUMENT' }).message, /token file cannot be read: ENOENT/);
  await writeFile(file, '\n');
  t.regex(t.throws(read, { code: 'BAD_ARGUMENT' }).message, /^the token file ".*token" is empty\.$/);
  await writeFile(file, 'one\ntwo\n');
  t.regex(t.throws(read, { code: 'BAD_ARGUMENT' }).message, /expected a token of one line/);
  await writeFile(file, ' one \r\n');
  t.deepEqual(read(), { worker: 'one' });
});

/** A Secret as Kubernetes mounts it: files are links through a link to a folder, and that link is swapped. */
async function mountSecret(t: ExecutionContext): Promise<{ readonly file: (name: string) => string; write(contents: Record<string, string>): Promise<void> }> {
  const folder = await makeTempFolder(t);
  let version = 0;
  return {
    file: (name) => join(folder, name),
    async write(contents) {
      version += 1;
      const [made, next] = [join(folder, `..v${version}`), join(folder, '..data_tmp')];
      await mkdir(made);
      for (const [name, text] of Object.entries(contents)) {
        await writeFile(join(made, name), text);
        if (version === 1) await symlink(join('..data', name), join(folder, name));
      }
      await symlink(`..v${version}`, next);
      await rename(next, join(folder, '..data'));
      if (version > 1) await rm(join(folder, `..v${version - 1}`), { recursive: true });
    },
  };
}

async function start(t: ExecutionContext, secrets: Secrets): Promise<{ readonly url: string; readonly events: SecretsEvent[] }> {
  const events: SecretsEvent[] = [];
  const options: ServerOptions = {
    host: '127.0.0.1', port: 0, insecure: false, chunkBytes: 4096, secrets, secretsEveryMs: 20, onSecrets: (event) => events.push(event),
    routes: createRoutes({ onWorker: (socket) => socket.send('welcome'), getStatus: () => ({}), handleLogs: (_request, response) => void response.write('line\n'), findItem: () => undefined }),
  };
  const server = await startServer(options);
  t.teardown(() => server.close());
  return { url: server.url, events };
}

const shown = (token: string): { headers: Record<string, string> } => ({ headers: { authorization: `Bearer ${token}` } });

async function joinWith(url: string, token: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/join`, shown(token));
  await once(socket, 'message');
  return socket;
}

test('a token that is no longer in its file cuts off whoever came in by it, and nobody else', async (t) => {
  const secret = await mountSecret(t);
  await secret.write({ worker: 'old\n', viewer: 'look\n' });
  const { url, events } = await start(t, { worker: { tokenFile: secret.file('worker') }, viewer: { tokenFile: secret.file('viewer') } });
  const worker = await joinWith(url, 'old');
  const [ofWorker, ofViewer] = await Promise.all(['old', 'look'].map((token) => fetch(`${url}/logs`, shown(token))));
  const [closed, cut] = [once(worker, 'close'), ofWorker!.text().then(() => 'ended', () => 'cut')];

  await secret.write({ worker: 'new\n', viewer: 'look\n' });
  t.is((await closed)[0], CLOSE.revoked);
  t.is(await cut, 'cut');
  await until('the change is said', () => events.length > 0 || undefined);
  t.deepEqual(events, [{ type: 'tokensChanged', cut: 2 }]);
  t.is((await fetch(`${url}/status`, shown('old'))).status, 401);
  t.is((await fetch(`${url}/status`, shown('new'))).status, 200);
  (await joinWith(url, 'new')).terminate();
  t.is(Buffer.from((await ofViewer!.body!.getReader().read()).value).toString(), 'line\n');
});

test('files that cannot be used leave the old tokens valid, and are said once', async (t) => {
  const file = join(await makeTempFolder(t), 'token');
  await writeFile(file, 'old');
  const { url, events } = await start(t, { worker: { tokenFile: file } });
  const worker = await joinWith(url, 'old');
  await rm(file);
  await until('the loss is said', () => events.length === 1 || undefined);
  await writeFile(file, '');
  await until('the empty file is said', () => events.length === 2 || undefined);
  for (const event of events) t.is(event.type, 'secretsUnusable');
  t.is((await fetch(`${url}/status`, shown('old'))).status, 200);
  await writeFile(file, 'old\n');
  await until('the file is back', () => events.length === 3 || undefined);
  t.deepEqual(events[2], { type: 'tokensChanged', cut: 0 });
  t.is(worker.readyState, WebSocket.OPEN);
  worker.terminate();
});
