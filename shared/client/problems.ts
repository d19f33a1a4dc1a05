// Why a coordinator could not be asked, in one sentence with what to do next. The same for workers, files and commands.

import { messageOf, PretextError } from '../errors/pretext-error.js';

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be looked up now',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that host',
  ECONNRESET: 'it hung up',
  EPIPE: 'it hung up',
  ETIMEDOUT: 'it does not answer',
  EPROTO: 'it does not speak TLS; http:// may be right',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS; http:// may be right',
  HPE_INVALID_CONSTANT: 'it does not speak HTTP',
};

const UNTRUSTED = 'no authority that is trusted here has signed it';
const CERTIFICATES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet; is this machine\'s clock right?',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
};
const CERTIFICATE_HINTS: Readonly<Record<string, string>> = {
  [UNTRUSTED]: 'Give the authority\'s certificate with --tls-ca or PRETEXT_TLS_CA.',
  CERT_HAS_EXPIRED: 'Give the coordinator a new one; it reads --tls-cert and --tls-key again when they change.',
};

/** What proxies answer while the coordinator behind them is away. */
const AWAY = new Set([502, 503, 504]);
const ADDRESS_HINT = 'Give the address that the coordinator printed when it started.';

interface SystemError {
  readonly code?: unknown;
  /** Of a certificate for other names. */
  readonly host?: string;
  readonly cert?: { readonly subjectaltname?: string; readonly subject?: { readonly CN?: string } };
}

function describeCause(error: unknown): string {
  const { code } = error as SystemError;
  return (typeof code === 'string' ? REASONS[code] : undefined) ?? messageOf(error);
}

function createUnreachable(url: URL, reason: string, cause: unknown): PretextError {
  const plain = url.protocol === 'http:' && reason === REASONS['ECONNRESET'] ? ' Where it speaks TLS its address begins with https://.' : '';
  return new PretextError('UNREACHABLE', `cannot reach a coordinator at ${url.origin}: ${reason}.`, {
    hint: `Check that it runs and that this machine may connect to it. ${ADDRESS_HINT}${plain}`,
    cause,
  });
}

/** BAD_CERTIFICATE when that is why no connection came about. */
function explainCertificate(url: URL, cause: unknown): PretextError | undefined {
  const { code, host, cert } = cause as SystemError;
  if (typeof code !== 'string') return undefined;
  const names = cert?.subjectaltname?.replaceAll(/(DNS|IP Address):/g, '') ?? cert?.subject?.CN ?? 'another';
  const isOfAnother = code === 'ERR_TLS_CERT_ALTNAME_INVALID';
  const reason = isOfAnother ? `it is for ${names}, not for ${host ?? url.hostname}` : CERTIFICATES[code];
  if (reason === undefined) return undefined;
  const hint = isOfAnother ? 'Give an address that the certificate names.' : CERTIFICATE_HINTS[reason] ?? CERTIFICATE_HINTS[code];
  return new PretextError('BAD_CERTIFICATE', `the certificate of ${url.origin} cannot be trusted: ${reason}.`, { cause, ...(hint === undefined ? {} : { hint }) });
}

/** No answer came: UNREACHABLE, which trying again may cure, or BAD_CERTIFICATE. */
export function explainSilence(url: URL, cause: unknown): PretextError {
  return explainCertificate(url, cause) ?? createUnreachable(url, describeCause(cause), cause);
}

/** An answer came that is not the wanted one: UNREACHABLE, or what trying again does not cure: BAD_TOKEN, BAD_CERTIFICATE, BAD_ARGUMENT, REFUSED. */
export function explainStatus(url: URL, status: number, text = ''): PretextError {
  const said = text.trim().slice(0, 500);
  if (status === 403 && said.startsWith('client certificate ')) {
    return new PretextError('BAD_CERTIFICATE', `the coordinator at ${url.origin} refuses: ${said}.`, { hint: 'Give a certificate that it takes with --tls-cert and --tls-key.' });
  }
  if (status === 401 || status === 403) {
    return new PretextError('BAD_TOKEN', `the coordinator at ${url.origin} refuses the token${said === '' ? '' : `: ${said}`}.`, {
      hint: said.includes('operator') ? "Give the operator's with --operator-token or --operator-token-file." : 'Give the right one with --token or --token-file, which go before all variables.',
    });
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
