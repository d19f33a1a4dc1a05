// Questions to a coordinator over HTTP.

import { headersFor, type Endpoint } from './endpoint.js';
import { explainSilence, explainStatus, explainStranger } from './problems.js';

export interface RequestOptions {
  /** Default GET. */
  readonly method?: 'GET' | 'HEAD' | 'POST';
  /** Beside those that every request has. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How the answer's content type must begin. */
  readonly contentType?: string;
  /** Statuses besides success that the caller takes care of. */
  readonly statuses?: readonly number[];
  readonly signal?: AbortSignal;
}

/**
 * Asks for a path, query included. Throws PretextError UNREACHABLE, BAD_TOKEN, BAD_ARGUMENT or REFUSED; an abort by `signal`
 * throws what the signal says. Redirections are not followed: the token is for one coordinator.
 */
export async function request(endpoint: Endpoint, path: string, options: RequestOptions = {}): Promise<Response> {
  const { url } = endpoint;
  const { method = 'GET', headers = {}, contentType = '', statuses = [], signal } = options;
  let response: Response;
  try {
    response = await fetch(new URL(path, url), { method, headers: { ...headers, ...headersFor(endpoint) }, redirect: 'manual', ...(signal && { signal }) });
  } catch (error) {
    signal?.throwIfAborted();
    throw explainSilence(url, error);
  }
  if (statuses.includes(response.status)) return response;
  if (!response.ok) throw explainStatus(url, response.status, await response.text().catch(() => ''));
  if ((response.headers.get('content-type') ?? '').startsWith(contentType)) return response;
  await response.body?.cancel();
  throw explainStranger(url, 'answers with something else');
}
