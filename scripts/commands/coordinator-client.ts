// Questions to a coordinator over HTTP: where it is, the token, and errors that say what to do.

import { PretextError, messageOf } from '../../shared/errors/pretext-error.js';
import { checkRunFolder, findNewestRun, readCoordinatorUrl } from './run-folders.js';

const DEFAULT_URL = 'http://127.0.0.1:7420';

export interface Target {
  /** Given by the user; wins over everything. */
  readonly url?: string | undefined;
  /** A run's folder, given by the user. */
  readonly run?: string | undefined;
}

/** Reads the address of a coordinator as users give it. Throws BAD_ARGUMENT. */
function checkUrl(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return new URL(url).origin;
  throw new PretextError('BAD_ARGUMENT', `--url ${url}: expected the address of a coordinator, such as ${DEFAULT_URL}.`);
}

/**
 * Address of the coordinator: the given one, or that of the run, or that of the newest run in runs/, or the default port.
 * Undefined when the given run has no coordinator at work.
 */
export function findCoordinator({ url, run }: Target): string | undefined {
  if (url !== undefined) return checkUrl(url);
  if (run !== undefined) return readCoordinatorUrl(checkRunFolder(run));
  const newest = findNewestRun();
  return (newest === undefined ? undefined : readCoordinatorUrl(newest)) ?? DEFAULT_URL;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be looked up now',
  ECONNRESET: 'it hung up',
  UND_ERR_SOCKET: 'it hung up',
  ETIMEDOUT: 'it does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
};

/** fetch says only "fetch failed"; the reason is in its cause. */
function describeFailure(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const { code } = cause as { code?: unknown };
  return (typeof code === 'string' ? REASONS[code] : undefined) ?? messageOf(cause);
}

async function throwOnStatus(response: Response, url: string): Promise<void> {
  if (response.ok) return;
  const text = (await response.text().catch(() => '')).trim().slice(0, 500);
  if (response.status === 401 || response.status === 403) {
    throw new PretextError('BAD_TOKEN', `the coordinator at ${url} refuses the token.`, { hint: 'Give the right one with --token or PRETEXT_TOKEN.' });
  }
  if (response.status === 400) throw new PretextError('BAD_ARGUMENT', `the coordinator at ${url} does not understand: ${text}`);
  throw new PretextError('REFUSED', `${url} answers ${response.status}${text === '' ? '' : `: ${text}`}.`, {
    hint: 'Is it a Pretext coordinator?',
  });
}

export interface Question {
  readonly url: string;
  /** Path and query. */
  readonly path: string;
  readonly token?: string | undefined;
  readonly contentType: string;
  readonly signal?: AbortSignal;
}

/**
 * Asks; the answer is of the wanted type. Throws UNREACHABLE, BAD_TOKEN, BAD_ARGUMENT or REFUSED; an abort by `signal` throws
 * what the signal says.
 */
export async function ask({ url, path, token, contentType, signal }: Question): Promise<Response> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  let response: Response;
  try {
    response = await fetch(url + path, { headers, redirect: 'error', ...(signal && { signal }) });
  } catch (error) {
    signal?.throwIfAborted();
    throw new PretextError('UNREACHABLE', `cannot reach a coordinator at ${url}: ${describeFailure(error)}.`, {
      hint: 'Start one with pretext run or pretext coordinator, or give its address with --url.',
      cause: error,
    });
  }
  await throwOnStatus(response, url);
  if (response.headers.get('content-type')?.startsWith(contentType) === true) return response;
  await response.body?.cancel();
  throw new PretextError('REFUSED', `what answers at ${url} is no Pretext coordinator.`, { hint: 'Give the right address with --url.' });
}
