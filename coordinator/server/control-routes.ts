// What an operator asks of a run by HTTP: POST /control/ACTION, answered in JSON.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';
import { operatorActions, type OperatorAction, type OperatorAsked } from '../run/events.js';
import type { Route } from './routes.js';

/** Resolves with the answer. Throws PretextError where it cannot be done now. */
export type Operate = (asked: Omit<OperatorAsked, 'type'>) => Promise<object>;

export function createControlRoutes(operate: Operate): Route[] {
  return operatorActions.map((action) => ({
    method: 'POST', path: `/control/${action}`, role: 'operator',
    handle: (request, response) => void operate(readAsked(action, request)).then(
      (said) => answer(response, 200, said),
      (error: unknown) => answer(response, error instanceof PretextError ? 409 : 500, describeError(error)),
    ),
  }));
}

function readAsked(action: OperatorAction, { url = '/', socket }: IncomingMessage): Omit<OperatorAsked, 'type'> {
  const worker = new URL(url, 'http://localhost').searchParams.get('worker');
  return { action, by: socket.remoteAddress ?? '', ...(worker === null ? {} : { worker }) };
}

function answer(response: ServerResponse, status: number, said: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(said)}\n`);
}

function describeError(error: unknown): object {
  const { code = 'INTERNAL', hint = undefined } = error instanceof PretextError ? error : {};
  return { error: { code, message: messageOf(error), hint } };
}
