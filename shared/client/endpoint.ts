// Where a coordinator is and what opens it. TLS, HTTP and WebSockets start from here.

import { PretextError } from '../errors/pretext-error.js';

export interface Endpoint {
  /** http: or https:; of what follows the host nothing counts. */
  readonly url: URL;
  /** Shown with every request, where the coordinator wants one. */
  readonly token?: string | undefined;
}

/** Reads the address of a coordinator: http, https, ws or wss, or HOST:PORT alone. Throws PretextError BAD_ARGUMENT. */
export function parseAddress(text: string): URL {
  const withScheme = /^[a-z][a-z+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const http = withScheme.replace(/^ws(s?):/i, 'http$1:');
  const url = URL.canParse(http) ? new URL(http) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return new URL(url.origin);
  throw new PretextError('BAD_ARGUMENT', `expected the address of a coordinator, such as http://10.0.0.1:7420, given ${JSON.stringify(text)}.`);
}

/** Headers of every request to it. */
export function headersFor({ token }: Endpoint): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}
