// The door: real HTTP and WebSocket connections on a free port.

import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { connect as connectTcp, type Socket } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { WebSocket } from 'ws';
import { checkListen } from '../../../coordinator/server/access.js';
import { createControlRoutes } from '../../../coordinator/server/control-routes.js';
import { createRoutes, type Route, type RouteTargets } from '../../../coordinator/server/routes.js';
import { parseRange } from '../../../coordinator/server/send-file.js';
import { startServer, type ServerOptions } from '../../../coordinator/server/server.js';
import type { Item } from '../../../shared/datasets/dataset.js';

/** Routes to nothing but short answers. */
const targets = (found: Partial<RouteTargets> = {}): RouteTargets => ({
  onWorker: (socket) => socket.send('welcome'),
  getStatus: () => ({ state: 'running' }),
  handleLogs: (_request, response) => void response.end('log'),
  findItem: () => undefined,
  ...found,
});

const routes = (found?: Partial<RouteTargets>): Route[] => [...createRoutes(targets(found)), ...createControlRoutes((asked) => Promise.resolve(asked))];

interface StartOptions extends Partial<ServerOptions> {
  readonly found?: Partial<RouteTargets>;
}

async function start(t: ExecutionContext, { found, ...options }: StartOptions = {}): Promise<string> {
  const server = await startServer({ host: '127.0.0.1', port: 0, insecure: false, chunkBytes: 4096, routes: routes(found), ...options });
  t.teardown(() => server.close());
  return server.url;
}

const bearer = (token: string): { headers: Record<string, string> } => ({ headers: { authorization: `Bearer ${token}` } });
const statusOf = async (url: string, init?: RequestInit): Promise<number> => (await fetch(url, init)).status;

/** `open`, or the HTTP status that refused it. */
function joinAs(url: string, headers: Record<string, string> = {}, path = '/join'): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, { headers });
    socket.on('open', () => { socket.terminate(); resolve('open'); });
    socket.on('unexpected-response', (_request, response) => { response.destroy(); socket.terminate(); resolve(String(response.statusCode)); });
    socket.on('error', () => {});
  });
}

const PATHS = routes().map(({ method, path, role, upgrade }) => ({ method, path: path.replaceAll(/:\w+/g, '0'), role, isSocket: upgrade !== undefined }));
const OPENED_BY = { anyone: ['none', 'wrong', 'viewer', 'operator', 'worker'], viewer: ['viewer', 'operator', 'worker'], operator: ['operator'], worker: ['worker'] } as const;
const TOKENS = { none: {}, wrong: bearer('wrong'), viewer: bearer('glance'), operator: bearer('steer'), worker: bearer('secret') };
const SECRET = { worker: { token: 'secret' } };
const SECRETS = { ...SECRET, operator: { token: 'steer' }, viewer: { token: 'glance' } };

for (const { method, path, role, isSocket } of PATHS) {
  test(`${path} opens to ${role} and above alone, and says to a token that is known what is missing`, async (t) => {
    const url = await start(t, { secrets: SECRETS });
    for (const [who, init] of Object.entries(TOKENS)) {
      const isOpen = (OPENED_BY[role] as readonly string[]).includes(who);
      const answer = isSocket ? await joinAs(url, 'headers' in init ? init.headers : {}) : String(await statusOf(`${url}${path}`, { method, ...init }));
      const expected = who === 'none' || who === 'wrong' ? '401' : '403';
      t.is(answer === expected, !isOpen, `${who}: ${answer}`);
    }
  });

  test(`${path} answers no method that it does not have, and says which it has`, async (t) => {
    const url = await start(t, { secrets: SECRET });
    for (const other of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      if (other === method) continue;
      const response = await fetch(`${url}${path}`, { method: other });
      t.is(response.status, 405, other);
      t.is(response.headers.get('allow'), method === 'GET' ? 'GET, HEAD' : method);
    }
  });
}

test('a WebSocket is for one path, which is for nothing else', async (t) => {
  const url = await start(t);
  t.is(await joinAs(url), 'open');
  t.is(await joinAs(url, {}, '/status'), '400');
  t.is(await statusOf(`${url}/join`), 426);
});

test('HEAD is answered as GET is, without a body', async (t) => {
  const url = await start(t);
  const response = await fetch(`${url}/status`, { method: 'HEAD' });
  t.is(response.status, 200);
  t.is(await response.text(), '');
});

test('a page of another site cannot use a coordinator on loopback', async (t) => {
  const url = await start(t);
  t.is(await joinAs(url), 'open');
  t.is(await joinAs(url, { origin: 'http://evil.example' }), '401');
  t.is(await statusOf(`${url}/status`, { headers: { origin: 'http://evil.example' } }), 401);
  t.is(await statusOf(`${url}/status`, { headers: { origin: url } }), 200);
});

const FOREIGN = ['evil.example', 'rebound.evil.example:80', '127.0.0.1.evil.example', '127.0.0.1.'.repeat(2) + 'example.com', '%', 'a b'];
const OWN = ['127.0.0.1', '127.0.0.1:7420', '[::1]:7420', 'localhost:7420', 'LOCALHOST', '10.1.2.3', 'coordinator', 'coordinator.lab.svc', 'node7.local.', hostname()];

/** The status line of a request with a Host header that fetch does not let one set. */
function statusFor(url: string, host: string, path = '/status', headers = ''): Promise<number> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connectTcp(Number(new URL(url).port), '127.0.0.1', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}Connection: ${headers.startsWith('Upgrade') ? 'Upgrade' : 'close'}\r\n\r\n`));
    socket.on('data', (data) => {
      answer += data.toString();
      if (answer.includes('\r\n')) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(Number(answer.split(' ')[1])));
  });
}

test('without a token a request must name this machine: a site whose name was made to point here does not', async (t) => {
  const url = await start(t);
  for (const host of FOREIGN) t.is(await statusFor(url, host), 421, host);
  for (const host of OWN) t.is(await statusFor(url, host), 200, host);
  t.is(await statusFor(url, 'evil.example', '/healthz'), 200);
  t.is(await statusFor(url, 'evil.example', '/data/1/0'), 421);
  const upgrade = 'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  t.is(await statusFor(url, 'evil.example', '/join', upgrade), 421);
  t.is(await statusFor(url, '127.0.0.1', '/join', upgrade), 101);
  t.is(await statusFor(url, '127.0.0.1', '/join', `${upgrade}Origin: http://evil.example\r\n`), 401);
});

test('with a token the name does not matter: a stranger\'s page has none', async (t) => {
  const url = await start(t, { secrets: SECRET });
  t.is(await statusFor(url, 'gpu1.example.org'), 401);
  t.is(await statusFor(url, 'gpu1.example.org', '/status', 'Authorization: Bearer secret\r\n'), 200);
});

test('whoever was refused and does not hang up keeps neither its socket nor the server', async (t) => {
  const server = await startServer({ host: '127.0.0.1', port: 0, insecure: false, chunkBytes: 4096, routes: createRoutes(targets()), secrets: SECRET });
  const sockets = await Promise.all(['/join', '/elsewhere', '/status'].map((path) => new Promise<Socket>((resolve) => {
    const socket = connectTcp({ port: Number(new URL(server.url).port), host: '127.0.0.1', allowHalfOpen: true }, () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
      socket.once('data', () => resolve(socket));
    });
    socket.on('error', () => {});
  })));
  const closed = server.close().then(() => 'closed');
  t.is(await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 3000, 'hangs'))]), 'closed');
  for (const socket of sockets) socket.destroy();
});

test('beyond loopback it does not listen without a token, unless told', (t) => {
  const error = t.throws(() => checkListen('0.0.0.0', { tokens: {}, insecure: false }));
  t.like(error, { code: 'REFUSED' });
  for (const host of ['127.0.0.1', '::1', 'localhost', '127.1.2.3']) t.notThrows(() => checkListen(host, { tokens: {}, insecure: false }));
  t.notThrows(() => checkListen('0.0.0.0', { tokens: {}, insecure: true }));
  t.notThrows(() => checkListen('0.0.0.0', { tokens: { worker: 'x' }, insecure: false }));
});

test('a port in use is one clear sentence', async (t) => {
  const { port } = new URL(await start(t));
  const error = await t.throwsAsync(start(t, { port: Number(port) }));
  t.like(error, { code: 'PORT_IN_USE' });
});

test('nonsense over plain TCP does not stop the server', async (t) => {
  const url = await start(t);
  const { port } = new URL(url);
  for (const text of ['\0\xff nonsense\r\n\r\n', 'GET // HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /join HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n']) {
    await new Promise<void>((resolve) => {
      const socket = connectTcp(Number(port), '127.0.0.1', () => socket.end(text));
      socket.on('error', () => {});
      socket.on('data', () => {});
      socket.on('close', () => resolve());
    });
  }
  t.is(await statusOf(`${url}/healthz`), 200);
  t.is(await statusOf(`${url}/status`, { method: 'POST' }), 405);
  t.is(await statusOf(`${url}/elsewhere`), 404);
});

test('items are served by number, in ranges, and never from outside the root', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'pretext-root-'));
  t.teardown(() => rm(root, { recursive: true }));
  await writeFile(join(root, 'a.bin'), '0123456789');
  await symlink('/etc/passwd', join(root, 'link.bin'));
  const items = ['a.bin', 'link.bin', '../../../etc/passwd', 'gone.bin'].map((path, index): Item => ({ index, path, kind: 'image', bytes: 10, split: 'train' }));
  const url = await start(t, { found: { findItem: (stage, index) => (stage === 1 && items[index] ? { root, item: items[index] } : undefined) } });
  t.is(await (await fetch(`${url}/data/1/0`)).text(), '0123456789');
  const part = await fetch(`${url}/data/1/0`, { headers: { range: 'bytes=2-4' } });
  t.is(part.status, 206);
  t.is(part.headers.get('content-range'), 'bytes 2-4/10');
  t.is(await part.text(), '234');
  for (const index of [1, 2, 3, 4]) t.is(await statusOf(`${url}/data/1/${index}`), 404);
  t.is(await statusOf(`${url}/data/1/-1`), 404);
  t.is(await statusOf(`${url}/data/2/0`), 404);
  t.is(await statusOf(`${url}/data/1/0`, { headers: { range: 'bytes=20-' } }), 416);
});

test('ranges are read as HTTP has them', (t) => {
  t.deepEqual(parseRange('bytes=-3', 10), { start: 7, end: 9 });
  t.deepEqual(parseRange('bytes=4-', 10), { start: 4, end: 9 });
  t.deepEqual(parseRange('bytes=4-99', 10), { start: 4, end: 9 });
  for (const header of ['bytes=', 'bytes=-', 'bytes=5-4', 'bytes=10-', 'lines=1-2', 'bytes=1-2,4-5']) t.is(parseRange(header, 10), undefined);
});
