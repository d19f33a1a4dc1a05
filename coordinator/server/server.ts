// One port for HTTP and WebSockets, with or without TLS: finds the route of a request and checks its role. Leaves out what the routes are.

import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import { isIP, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { readTls } from '../../shared/client/credentials.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { HEADER_LIMIT_BYTES } from '../../shared/protocol/channel.js';
import { CLOSE } from '../../shared/protocol/close-codes.js';
import { checkListen, findRefusal, isAddressedHere, tokenOf } from './access.js';
import { findCertifiedName } from './certified-name.js';
import { findCertificateProblem } from './client-certificate.js';
import { matchPath, type Route } from './routes.js';
import { watchSecrets, type SecretsOptions } from './secrets.js';
import { readTokens, type Tokens } from './tokens.js';
import { createVisitors, type Visitors } from './visitors.js';

export interface ServerOptions extends SecretsOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly insecure: boolean;
  /** Largest payload of a message on a WebSocket, its header left out. */
  readonly chunkBytes: number;
  readonly routes: readonly Route[];
}

export interface CoordinatorServer {
  readonly url: string;
  /** By which processes of this machine reach it. */
  readonly ownUrl: string;
  close(): Promise<void>;
}

/** A request that has not said what it wants by then is let go. */
const HEADERS_TIMEOUT_MS = 10_000;
/** Whoever is cut off and does not hang up by then is cut off hard. */
const CUT_MS = 2000;

/** What a port is while it is open. */
interface Port {
  readonly options: ServerOptions;
  readonly visitors: Visitors;
  tokens: Tokens;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(cause.code === 'EADDRINUSE'
        ? new PretextError('PORT_IN_USE', `Port ${port} on ${host} is in use.`, { hint: 'Give another one by --listen HOST:PORT, or stop what listens there.', cause })
        : new PretextError('BAD_ARGUMENT', `Cannot listen on ${host}:${port}: ${cause.message}.`, { hint: 'Give --listen HOST:PORT with an address of this machine.', cause }));
    });
    server.listen(port, host, resolve);
  });
}

type Found =
  | { readonly route: Route; readonly parameters: readonly number[] }
  /** The answer to a request that no route takes. */
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly text?: string };

function findRoute(request: IncomingMessage, { options, tokens }: Port): Found {
  const pathname = (request.url ?? '/').split('?', 1)[0]!;
  const onPath = options.routes.flatMap((route) => {
    const parameters = matchPath(route, pathname);
    return parameters ? [{ route, parameters }] : [];
  });
  if (onPath.length === 0) return { status: 404 };
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const found = onPath.find(({ route }) => route.method === method);
  if (!found) return { status: 405, headers: { allow: onPath.map(({ route }) => (route.method === 'GET' ? 'GET, HEAD' : route.method)).join(', ') } };
  const { role } = found.route;
  if (role === 'anyone') return found;
  const problem = options.tls?.ca === undefined ? undefined : findCertificateProblem(request);
  if (problem !== undefined) return { status: 403, text: problem };
  if (!isAddressedHere(request, { host: options.host, tokens })) return { status: 421 };
  const refusal = findRefusal(request, role, tokens);
  return refusal ? { ...refusal, ...(refusal.status === 401 && { headers: { 'www-authenticate': 'Bearer' } }) } : found;
}

function handleRequest(request: IncomingMessage, response: ServerResponse, port: Port): void {
  const found = findRoute(request, port);
  if ('status' in found) return void response.writeHead(found.status, found.headers).end(found.text);
  const { handle, role } = found.route;
  if (role !== 'anyone') response.once('close', port.visitors.add({ token: tokenOf(request), role, cut: () => response.destroy() }));
  if (handle) handle(request, response, found.parameters);
  else response.writeHead(426, { upgrade: 'websocket', connection: 'upgrade' }).end();
}

function refuse(socket: Duplex, { status, headers = {}, text = '' }: Exclude<Found, { readonly route: Route }>): void {
  const lines = Object.entries({ ...headers, connection: 'close', 'content-length': String(text.length) }).map(([name, value]) => `${name}: ${value}\r\n`);
  // Whoever is refused and does not hang up would hold the connection, and with it this process.
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${text}`, () => socket.destroy());
}

function cutSocket(socket: WebSocket): void {
  socket.close(CLOSE.revoked, 'the token is no longer valid');
  setTimeout(() => socket.terminate(), CUT_MS).unref();
}

function createHttpServer(port: Port): Server | SecureServer {
  const { tls } = port.options;
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => handleRequest(request, response, port);
  const limits = { headersTimeout: HEADERS_TIMEOUT_MS };
  if (!tls) return createServer(limits, onRequest);
  return createSecureServer({ ...limits, ...readTls(tls), handshakeTimeout: HEADERS_TIMEOUT_MS, requestCert: tls.ca !== undefined, rejectUnauthorized: false }, onRequest);
}

/** Starts to listen. Throws PretextError PORT_IN_USE, REFUSED or BAD_ARGUMENT. */
export async function startServer(options: ServerOptions): Promise<CoordinatorServer> {
  const port: Port = { options, visitors: createVisitors(), tokens: readTokens(options.secrets ?? {}) };
  checkListen(options.host, { tokens: port.tokens, insecure: options.insecure });
  const server = createHttpServer(port);
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: options.chunkBytes + HEADER_LIMIT_BYTES,
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const found = findRoute(request, port);
    if ('status' in found) return refuse(socket, found);
    const { upgrade, role } = found.route;
    if (!upgrade) return refuse(socket, { status: 400 });
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => webSocket.terminate());
      if (role !== 'anyone') webSocket.once('close', port.visitors.add({ token: tokenOf(request), role, cut: () => cutSocket(webSocket) }));
      upgrade(webSocket, request.socket.remoteAddress ?? '');
    });
  });
  await listen(server, options.host, options.port);
  const stopWatching = watchSecrets(options, {
    takeTokens(tokens) {
      port.tokens = tokens;
      return port.visitors.judge(tokens);
    },
    takeTls: (contents) => (server as SecureServer).setSecureContext(contents),
  });
  const { address, port: number } = server.address() as AddressInfo;
  const urlOf = (host: string): string => `${options.tls ? 'https' : 'http'}://${isIP(host) === 6 ? `[${host}]` : host}:${number}`;
  return {
    url: urlOf(address),
    ownUrl: urlOf(options.tls ? findCertifiedName(address, readTls(options.tls).cert!) : address),
    async close() {
      stopWatching();
      for (const client of sockets.clients) client.terminate();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
