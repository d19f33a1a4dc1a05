// Questions to a coordinator over HTTP, with or without TLS. Node's fetch takes no certificates, so this asks by node:http.

import { request as askPlain, type IncomingMessage, type RequestOptions as AskOptions } from 'node:http';
import { request as askSecure } from 'node:https';
import { PretextError } from '../errors/pretext-error.js';
import { bodyOf } from './body.js';
import { headersFor, tlsFor, type Endpoint } from './endpoint.js';
import { explainSilence, explainStatus, explainStranger } from './problems.js';

export interface RequestOptions {
  /** Default GET. */
  readonly method?: 'GET' | 'HEAD' | 'POST';
  /** Beside those that every request has. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How the answer's content type must begin. */
  readonly contentType?: string;
  /** Statuses besides success that the caller takes care of. */
  readonly statuses?: readonly number[];
  readonly signal?: AbortSignal;
}

const CONNECT_TIMEOUT_MS = 10_000;
const WITHOUT_BODY = new Set([204, 205, 304]);

function createTimeout(): Error {
  return Object.assign(new Error('no connection'), { code: 'ETIMEDOUT' });
}

function ask(url: URL, options: AskOptions, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = (url.protocol === 'https:' ? askSecure : askPlain)(url, options);
    asked.once('socket', (socket) => {
      if (!socket.connecting) return;
      const timer = setTimeout(() => asked.destroy(createTimeout()), CONNECT_TIMEOUT_MS);
      for (const event of [url.protocol === 'https:' ? 'secureConnect' : 'connect', 'close']) socket.once(event, () => clearTimeout(timer));
    });
    let isAnswered = false;
    asked.once('response', (message) => {
      isAnswered = true;
      resolve(message);
    });
    asked.on('error', (error: NodeJS.ErrnoException) => {
      // The other side may close a connection that is kept for the next question just when it is asked.
      const isStale = asked.reusedSocket && !isAnswered && error.code === 'ECONNRESET' && options.method !== 'POST';
      if (isStale) ask(url, options, body).then(resolve, reject);
      else reject(error);
    });
    asked.end(body);
  });
}

async function answerOf(endpoint: Endpoint, path: string, { method = 'GET', headers, body: said, signal }: RequestOptions): Promise<Response> {
  const target = new URL(path, endpoint.url);
  const message = await ask(target, { method, headers: { ...headers, ...headersFor(endpoint) }, ...tlsFor(endpoint), ...(signal && { signal }) }, said);
  const status = message.statusCode!;
  const fields = Object.entries(message.headers).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, [value].flat().join(', ')]]));
  const isEmpty = WITHOUT_BODY.has(status) || method === 'HEAD' || message.headers['content-length'] === '0';
  // Whoever expects nothing reads nothing, and the connection would be held.
  if (isEmpty) message.resume();
  const body = isEmpty ? '' : bodyOf(message);
  return new Response(WITHOUT_BODY.has(status) ? null : body, { status, headers: fields });
}

/**
 * Asks for a path, query included. Throws PretextError UNREACHABLE, BAD_TOKEN, BAD_CERTIFICATE, BAD_ARGUMENT or REFUSED; an abort by
 * `signal` throws what the signal says. Redirections are not followed: the token is for one coordinator.
 */
export async function request(endpoint: Endpoint, path: string, options: RequestOptions = {}): Promise<Response> {
  const { url } = endpoint;
  const { contentType = '', statuses = [], signal } = options;
  signal?.throwIfAborted();
  let response: Response;
  try {
    response = await answerOf(endpoint, path, options);
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof PretextError ? error : explainSilence(url, error);
  }
  if (statuses.includes(response.status)) return response;
  if (!response.ok) throw explainStatus(url, response.status, await response.text().catch(() => ''));
  if ((response.headers.get('content-type') ?? '').startsWith(contentType)) return response;
  await response.body?.cancel();
  throw explainStranger(url, 'answers with something else');
}
