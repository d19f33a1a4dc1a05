import test, { type ExecutionContext } from 'ava';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { openSocket } from '../../../shared/client/socket.js';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { openHttpSite } from '../../helpers/http-site.js';
import { findFreePort } from '../../helpers/processes.js';

async function open(t: ExecutionContext, onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): Promise<URL> {
  const { server, url } = await openHttpSite(t, (_request, response) => response.writeHead(404).end());
  server.on('upgrade', onUpgrade);
  return url;
}

async function errorOf(t: ExecutionContext, url: URL): Promise<PretextError> {
  return t.throwsAsync(openSocket({ url, token: 'mine' }, '/join', 1000), { instanceOf: PretextError });
}

test('it connects to the path with the token and takes messages up to the limit', async (t) => {
  const sockets = new WebSocketServer({ noServer: true });
  const url = await open(t, (request, socket, head) => sockets.handleUpgrade(request, socket, head, (accepted) => {
    accepted.once('message', () => {
      accepted.send(`${request.url} ${request.headers.authorization}`);
      accepted.send('x'.repeat(101));
    });
  }));
  const socket = await openSocket({ url, token: 'mine' }, '/join', 100);
  socket.send('who am I?');
  const failing = once(socket, 'error') as Promise<[Error]>;
  const [message] = await once(socket, 'message') as [Buffer];
  t.is(message.toString(), '/join Bearer mine');
  t.regex((await failing)[0].message, /Max payload size exceeded/);
});

test('answers that are no socket are explained as over HTTP', async (t) => {
  const codes = await Promise.all([401, 404, 503].map(async (status) => {
    const url = await open(t, (_request, socket) => void socket.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`));
    return (await errorOf(t, url)).code;
  }));
  t.deepEqual(codes, ['BAD_TOKEN', 'REFUSED', 'UNREACHABLE']);
});

test('a coordinator that hangs up or is not there is UNREACHABLE', async (t) => {
  const url = await open(t, (_request, socket) => void socket.destroy());
  t.like(await errorOf(t, url), { code: 'UNREACHABLE', message: `cannot reach a coordinator at ${url.origin}: it hung up.` });
  const nobody = new URL(`http://127.0.0.1:${await findFreePort()}`);
  t.like(await errorOf(t, nobody), { code: 'UNREACHABLE', message: `cannot reach a coordinator at ${nobody.origin}: nothing listens there.` });
});
