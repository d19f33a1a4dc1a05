// One port for HTTP and WebSockets: finds the route of a request and checks its role. Leaves out what the routes are.

import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { HEADER_LIMIT_BYTES } from '../../shared/protocol/channel.js';
import { checkListen, isAddressedHere, isAllowed, type AccessOptions } from './access.js';
import { matchPath, type Route } from './routes.js';

export interface ServerOptions extends AccessOptions {
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
  close(): Promise<void>;
}

/** A request that has not said what it wants by then is let go. */
const HEADERS_TIMEOUT_MS = 10_000;

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
  | { readonly status: number; readonly headers: Readonly<Record<string, string>> };

function findRoute(request: IncomingMessage, options: ServerOptions): Found {
  const pathname = (request.url ?? '/').split('?', 1)[0]!;
  const onPath = options.routes.flatMap((route) => {
    const parameters = matchPath(route, pathname);
    return parameters ? [{ route, parameters }] : [];
  });
  if (onPath.length === 0) return { status: 404, headers: {} };
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const found = onPath.find(({ route }) => route.method === method);
  if (!found) return { status: 405, headers: { allow: onPath.map(({ route }) => (route.method === 'GET' ? 'GET, HEAD' : route.method)).join(', ') } };
  const { role } = found.route;
  if (role !== 'anyone' && !isAddressedHere(request, options)) return { status: 421, headers: {} };
  if (role !== 'anyone' && !isAllowed(request, role, options)) return { status: 401, headers: { 'www-authenticate': 'Bearer' } };
  return found;
}

function handleRequest(request: IncomingMessage, response: ServerResponse, options: ServerOptions): void {
  const found = findRoute(request, options);
  if ('status' in found) return void response.writeHead(found.status, found.headers).end();
  const { handle } = found.route;
  if (handle) handle(request, response, found.parameters);
  else response.writeHead(426, { upgrade: 'websocket', connection: 'upgrade' }).end();
}

function refuse(socket: Duplex, status: number, headers: Readonly<Record<string, string>> = {}): void {
  const lines = Object.entries({ ...headers, connection: 'close', 'content-length': '0' }).map(([name, value]) => `${name}: ${value}\r\n`);
  // Whoever is refused and does not hang up would hold the connection, and with it this process.
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n`, () => socket.destroy());
}

/** Starts to listen. Throws PretextError PORT_IN_USE, REFUSED or BAD_ARGUMENT. */
export async function startServer(options: ServerOptions): Promise<CoordinatorServer> {
  checkListen(options.host, options);
  const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS }, (request, response) => handleRequest(request, response, options));
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: options.chunkBytes + HEADER_LIMIT_BYTES,
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const found = findRoute(request, options);
    if ('status' in found) return refuse(socket, found.status, found.headers);
    const { upgrade } = found.route;
    if (!upgrade) return refuse(socket, 400);
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => webSocket.terminate());
      upgrade(webSocket, request.socket.remoteAddress ?? '');
    });
  });
  await listen(server, options.host, options.port);
  const { address, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    async close() {
      for (const client of sockets.clients) client.terminate();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
