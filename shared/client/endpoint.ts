// Where a coordinator is and what opens it. TLS, HTTP and WebSockets start from here.

import { PretextError } from '../errors/pretext-error.js';
import { readChangedTls, readToken, type Credentials, type TlsContents } from './credentials.js';

export interface Endpoint extends Credentials {
  /** http: or https:; of what follows the host nothing counts. */
  readonly url: URL;
}

/** Reads the address of a coordinator: http, https, ws or wss, or HOST:PORT alone. Throws PretextError BAD_ARGUMENT. */
export function parseAddress(text: string): URL {
  const withScheme = /^[a-z][a-z+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const http = withScheme.replace(/^ws(s?):/i, 'http$1:');
  const url = URL.canParse(http) ? new URL(http) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return new URL(url.origin);
  throw new PretextError('BAD_ARGUMENT', `expected the address of a coordinator, such as http://10.0.0.1:7420, given ${JSON.stringify(text)}.`);
}

/** Headers of every request to it. Throws PretextError BAD_ARGUMENT when the token's file cannot be used. */
export function headersFor(endpoint: Endpoint): Record<string, string> {
  const token = readToken(endpoint);
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** For the connection to it. Throws likewise. */
export function tlsFor({ url, tls }: Endpoint): TlsContents {
  return url.protocol === 'https:' ? readChangedTls(tls) : {};
}
