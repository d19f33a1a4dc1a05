// Why a coordinator could not be asked, in one sentence with what to do next. The same for workers, files and commands.

import { messageOf, PretextError } from '../errors/pretext-error.js';

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be looked up now',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that host',
  ECONNRESET: 'it hung up',
  UND_ERR_SOCKET: 'it hung up',
  ETIMEDOUT: 'it does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
  UND_ERR_HEADERS_TIMEOUT: 'it does not answer',
  EPROTO: 'it does not speak TLS; http:// may be right',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS; http:// may be right',
};

/** What proxies answer while the coordinator behind them is away. */
const AWAY = new Set([502, 503, 504]);
const ADDRESS_HINT = 'Give the address that the coordinator printed when it started.';

/** fetch says only "fetch failed"; the reason is in its cause. */
function describeCause(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const { code } = cause as { code?: unknown };
  return (typeof code === 'string' ? REASONS[code] : undefined) ?? messageOf(cause);
}

function createUnreachable(url: URL, reason: string, cause: unknown): PretextError {
  return new PretextError('UNREACHABLE', `cannot reach a coordinator at ${url.origin}: ${reason}.`, {
    hint: `Check that it runs and that this machine may connect to it. ${ADDRESS_HINT}`,
    cause,
  });
}

/** No answer came: UNREACHABLE, which trying again may cure. */
export function explainSilence(url: URL, cause: unknown): PretextError {
  return createUnreachable(url, describeCause(cause), cause);
}

/** An answer came that is not the wanted one: UNREACHABLE, or what trying again does not cure: BAD_TOKEN, BAD_ARGUMENT, REFUSED. */
export function explainStatus(url: URL, status: number, text = ''): PretextError {
  const said = text.trim().slice(0, 500);
  if (status === 401 || status === 403) {
    return new PretextError('BAD_TOKEN', `the coordinator at ${url.origin} refuses the token.`, { hint: 'Give the right one with PRETEXT_TOKEN or --token.' });
  }
  if (status === 421) {
    return new PretextError('REFUSED', `the coordinator at ${url.origin} has no token and does not answer to the name "${url.hostname}".`, {
      hint: 'Give its IP address, or start it with a token.',
    });
  }
  if (status === 400) return new PretextError('BAD_ARGUMENT', `the coordinator at ${url.origin} does not understand: ${said}`);
  if (AWAY.has(status)) return createUnreachable(url, `what listens there answers ${status}`, undefined);
  return explainStranger(url, `answers ${status}${said === '' ? '' : `: ${said}`}`);
}

/** What answers is no coordinator: REFUSED. */
export function explainStranger(url: URL, what: string): PretextError {
  return new PretextError('REFUSED', `${url.origin} ${what}: it is no Pretext coordinator.`, { hint: ADDRESS_HINT });
}
