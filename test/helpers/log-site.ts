// A coordinator's HTTP side with nothing behind it but the real log hub: what `pretext logs` and `status` talk to.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogHub, type LogHub } from '../../coordinator/logs/log-hub.js';

export interface LogSite {
  readonly url: string;
  readonly port: number;
  readonly hub: LogHub;
  /** Like a crash: connections are cut, nothing is said. */
  kill(): Promise<void>;
}

export interface LogSiteOptions {
  readonly folder: string;
  readonly port?: number;
  readonly token?: string;
  readonly status?: unknown;
  readonly keepAliveMs?: number;
}

function kill(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** A record as a worker sends it. */
export function makeRecord(msg: string, level = 30): string {
  return JSON.stringify({ level, time: 1000, msg });
}

export async function openLogSite({ folder, port = 0, token, status = {}, keepAliveMs }: LogSiteOptions): Promise<LogSite> {
  const hub = createLogHub({ folder, ...(keepAliveMs === undefined ? {} : { keepAliveMs }) });
  const server = createServer((request, response) => {
    const isAllowed = token === undefined || request.headers.authorization === `Bearer ${token}`;
    if (!isAllowed) response.writeHead(401).end();
    else if (request.url === '/status') response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(status));
    else hub.handleLogs(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const taken = (server.address() as AddressInfo).port;
  return { hub, port: taken, url: `http://127.0.0.1:${taken}`, kill: () => kill(server) };
}
