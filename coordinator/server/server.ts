// One port: WebSocket at /join for workers; HTTP for status, logs and data. Leaves out what the answers mean.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { HEADER_LIMIT_BYTES } from '../../shared/protocol/channel.js';
import { checkListen, isAllowed, type AccessOptions, type Role } from './access.js';

export interface ServerOptions extends AccessOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly insecure: boolean;
  readonly chunkBytes: number;
  onWorker(socket: WebSocket, address: string): void;
  getStatus(): unknown;
  handleLogs(request: IncomingMessage, response: ServerResponse): void;
  handleData(index: number, request: IncomingMessage, response: ServerResponse): void;
}

export interface CoordinatorServer {
  readonly url: string;
  close(): Promise<void>;
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

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0]!;
}

function answer(request: IncomingMessage, response: ServerResponse, options: ServerOptions): void {
  const pathname = pathOf(request);
  const mayDo = (role: Role): boolean => {
    if (isAllowed(request, role, options)) return true;
    response.writeHead(401, { 'www-authenticate': 'Bearer' }).end('Wrong or missing token.\n');
    return false;
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
  } else if (pathname === '/healthz') {
    response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n');
  } else if (pathname === '/status') {
    if (mayDo('viewer')) response.writeHead(200, { 'content-type': 'application/json' }).end(`${JSON.stringify(options.getStatus())}\n`);
  } else if (pathname === '/logs') {
    if (mayDo('viewer')) options.handleLogs(request, response);
  } else if (/^\/data\/\d{1,15}$/.test(pathname)) {
    if (mayDo('worker')) options.handleData(Number(pathname.slice('/data/'.length)), request, response);
  } else {
    response.writeHead(404).end();
  }
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Starts to listen. Throws PretextError PORT_IN_USE, REFUSED or BAD_ARGUMENT. */
export async function startServer(options: ServerOptions): Promise<CoordinatorServer> {
  checkListen(options.host, options);
  const server = createServer((request, response) => answer(request, response, options));
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: options.chunkBytes + HEADER_LIMIT_BYTES,
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    if (pathOf(request) !== '/join') return refuse(socket, '404 Not Found');
    if (!isAllowed(request, 'worker', options)) return refuse(socket, '401 Unauthorized');
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => webSocket.terminate());
      options.onWorker(webSocket, request.socket.remoteAddress ?? '');
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
