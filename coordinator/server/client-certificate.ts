// Whether a client has shown a certificate of an authority that is trusted. Asked of each request and not in the handshake: the refusal
// can then say why, and a probe of Kubernetes, which has no certificate, may still ask /healthz.

import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';

/** What is wrong with it, in words; undefined when nothing is. */
export function findCertificateProblem({ socket }: IncomingMessage): string | undefined {
  if (!(socket instanceof TLSSocket)) return 'client certificate missing';
  // First, for a session of TLS 1.3 that is resumed without a certificate counts as authorized.
  if (Object.keys(socket.getPeerCertificate()).length === 0) return 'client certificate missing';
  if (socket.authorized) return undefined;
  // Node gives the code, whatever its types say.
  const code = String((socket.authorizationError as { code?: string } | undefined)?.code ?? socket.authorizationError);
  if (code === 'CERT_HAS_EXPIRED') return 'client certificate has expired';
  return `client certificate is signed by no authority that is trusted here (${code})`;
}
