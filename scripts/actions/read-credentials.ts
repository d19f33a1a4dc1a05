// From flags and variables to credentials, tried before anything begins.

import { readTokens, type Secrets } from '../../coordinator/server/tokens.js';
import { checkToken, readTls, readToken, type Credentials, type TlsFiles } from '../../shared/client/credentials.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { CredentialFlags, SecretFlags } from '../commands/credential-options.js';

type Secret = Pick<Credentials, 'token' | 'tokenFile'>;

/** An empty variable counts as none: an empty token could be guessed. */
function withoutEmpty<Flags extends object>(flags: Flags): Flags {
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== '')) as Flags;
}

/** The token of one name: as it is, or in a file. */
function pair(token: string | undefined, tokenFile: string | undefined): Secret | undefined {
  if (token !== undefined && tokenFile !== undefined) throw new PretextError('BAD_ARGUMENT', `a token is given, and a file of one too: ${JSON.stringify(tokenFile)}.`, { hint: 'Leave out one of them; variables count as options do.' });
  return (token ?? tokenFile) === undefined ? undefined : dropUndefined({ token, tokenFile });
}

/**
 * What to show the coordinator at `url`, if that is known yet: of the tokens that are given the one that opens least, but to operate an
 * operator's own first, because the workers' may not open that. Throws PretextError BAD_ARGUMENT.
 */
export function readCredentials(flags: CredentialFlags, url?: URL, role: 'viewer' | 'operator' = 'viewer'): Credentials {
  const { token, tokenFile, operatorToken, operatorTokenFile, viewerToken, viewerTokenFile, tlsCa: ca, tlsCert: cert, tlsKey: key } = withoutEmpty(flags);
  const [worker, operator, viewer] = [pair(token, tokenFile), pair(operatorToken, operatorTokenFile), pair(viewerToken, viewerTokenFile)];
  const secret = (role === 'operator' ? operator ?? worker : viewer ?? worker ?? operator) ?? {};
  const shown = readToken(secret);
  if (shown !== undefined) checkToken(shown, 'the token');
  if ((ca ?? cert ?? key) === undefined) return secret;
  const tls = dropUndefined({ ca, cert, key });
  readTls(tls);
  if (url?.protocol === 'http:') {
    throw new PretextError('BAD_ARGUMENT', `${url.origin} is an address without TLS, and files for TLS are given.`, { hint: `Say https://${url.host}, or leave out --tls-ca, --tls-cert and --tls-key and their variables.` });
  }
  return { ...secret, tls };
}

/** What a coordinator asks for, tried before anything begins. Throws PretextError BAD_ARGUMENT. */
export function readSecrets(given: SecretFlags): { readonly secrets: Secrets; readonly tls?: TlsFiles } {
  const flags = withoutEmpty(given);
  const secrets = dropUndefined({
    worker: pair(flags.token, flags.tokenFile),
    operator: pair(flags.operatorToken, flags.operatorTokenFile),
    viewer: pair(flags.viewerToken, flags.viewerTokenFile),
  });
  readTokens(secrets);
  const { tlsClientCa: ca, tlsCert: cert, tlsKey: key } = flags;
  if ((ca ?? cert ?? key) === undefined) return { secrets };
  if (cert === undefined || key === undefined) throw new PretextError('BAD_ARGUMENT', 'TLS needs both --tls-cert and --tls-key.');
  const tls = dropUndefined({ ca, cert, key });
  readTls(tls);
  return { secrets, tls };
}
