// From flags and variables to credentials, tried before anything begins.

import { readTls, readToken, checkToken, type Credentials, type TlsFiles } from '../../shared/client/credentials.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Secrets } from '../../coordinator/server/tokens.js';
import type { CredentialFlags, SecretFlags } from '../commands/credential-options.js';

type Secret = Pick<Credentials, 'token' | 'tokenFile'>;

const pair = (token: string | undefined, tokenFile: string | undefined): Secret | undefined => (token ?? tokenFile) === undefined ? undefined : dropUndefined({ token, tokenFile });

/**
 * What to show the coordinator at `url`, if that is known yet. An operator's own token goes before the workers', which may not open
 * operating; a viewer's after it, for it opens least. Throws PretextError BAD_ARGUMENT.
 */
export function readCredentials(flags: CredentialFlags, url?: URL): Credentials {
  const { token, tokenFile, operatorToken, operatorTokenFile, viewerToken, viewerTokenFile, tlsCa: ca, tlsCert: cert, tlsKey: key } = flags;
  const secret = pair(operatorToken, operatorTokenFile) ?? pair(token, tokenFile) ?? pair(viewerToken, viewerTokenFile) ?? {};
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

/** What a coordinator asks for. Throws PretextError BAD_ARGUMENT. */
export function readSecrets(flags: SecretFlags): { readonly secrets: Secrets; readonly tls?: TlsFiles } {
  const secrets = dropUndefined({
    worker: pair(flags.token, flags.tokenFile),
    operator: pair(flags.operatorToken, flags.operatorTokenFile),
    viewer: pair(flags.viewerToken, flags.viewerTokenFile),
  });
  const { tlsClientCa: ca, tlsCert: cert, tlsKey: key } = flags;
  if ((ca ?? cert ?? key) === undefined) return { secrets };
  if (cert === undefined || key === undefined) throw new PretextError('BAD_ARGUMENT', 'TLS needs both --tls-cert and --tls-key.');
  return { secrets, tls: dropUndefined({ ca, cert, key }) };
}
