// Everything that the coordinator's port answers: a table of method, path, role and handler.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WebSocket } from 'ws';
import { serveItem, type ServedItem } from './serve-item.js';
import type { Role } from './tokens.js';

export type Handler = (request: IncomingMessage, response: ServerResponse, parameters: readonly number[]) => void;

export interface Route {
  /** GET answers HEAD too. */
  readonly method: 'GET' | 'POST';
  /** A part that begins with a colon stands for a whole number, which the handler gets. */
  readonly path: string;
  readonly role: Role | 'anyone';
  readonly handle?: Handler;
  /** Takes a WebSocket. A route without it refuses one. */
  readonly upgrade?: (socket: WebSocket, address: string) => void;
}

/** What the routes lead to. */
export interface RouteTargets {
  onWorker(socket: WebSocket, address: string): void;
  getStatus(): unknown;
  handleLogs(request: IncomingMessage, response: ServerResponse): void;
  /** The item of a number in a stage's manifest, and the folder that its path begins in. */
  findItem(stage: number, index: number): ServedItem | undefined;
}

export function createRoutes(targets: RouteTargets): Route[] {
  return [
    { method: 'GET', path: '/healthz', role: 'anyone', handle: (_request, response) => answer(response, 'text/plain', 'ok\n') },
    { method: 'GET', path: '/status', role: 'viewer', handle: (_request, response) => answer(response, 'application/json', `${JSON.stringify(targets.getStatus())}\n`) },
    { method: 'GET', path: '/logs', role: 'viewer', handle: targets.handleLogs },
    { method: 'GET', path: '/data/:stage/:index', role: 'worker', handle: (request, response, [stage, index]) => serveFound(request, response, targets.findItem(stage!, index!)) },
    { method: 'GET', path: '/data/:stage/:index/mask', role: 'worker', handle: (request, response, [stage, index]) => serveFound(request, response, maskOf(targets.findItem(stage!, index!))) },
    { method: 'GET', path: '/join', role: 'worker', upgrade: targets.onWorker },
  ];
}

function answer(response: ServerResponse, contentType: string, text: string): void {
  response.writeHead(200, { 'content-type': contentType }).end(text);
}

const maskOf = (found: ServedItem | undefined): ServedItem | undefined => (found?.item.mask && { ...found, item: { ...found.item, ...found.item.mask } });

function serveFound(request: IncomingMessage, response: ServerResponse, found: ServedItem | undefined): void {
  if (!found) return void response.writeHead(404).end();
  serveItem(request, response, found).catch(() => response.destroy());
}

const NUMBER = /^\d{1,15}$/;

/** The numbers in a path that a route answers; undefined when it is another's. */
export function matchPath(route: Route, pathname: string): number[] | undefined {
  const wanted = route.path.split('/');
  const given = pathname.split('/');
  if (wanted.length !== given.length) return undefined;
  const isEqual = wanted.every((part, i) => (part.startsWith(':') ? NUMBER.test(given[i]!) : part === given[i]));
  return isEqual ? given.filter((_part, i) => wanted[i]!.startsWith(':')).map(Number) : undefined;
}
