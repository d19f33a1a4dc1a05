// By which name a process of this machine reaches a coordinator that speaks TLS: one that its certificate has.

import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { isLoopback } from './access.js';

/** Everything that the machine has. */
const ANY = new Set(['0.0.0.0', '::']);

/**
 * Of the names of what is listened on the first that the certificate (PEM) has; else, but for loopback, one that it has, wherever that leads;
 * else the address itself.
 */
export function findCertifiedName(address: string, pem: Buffer): string {
  const certificate = new X509Certificate(pem);
  const isCertified = (name: string): boolean => (isIP(name) > 0 ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined;
  if (isLoopback(address)) return [address, 'localhost'].find(isCertified) ?? address;
  const local = ANY.has(address) ? ['localhost', '127.0.0.1', '::1'] : [address];
  const others = [...(certificate.subjectAltName ?? '').matchAll(/DNS:([^,*\s]+)(?:,|$)/g)].map((match) => match[1]!).filter((name) => name !== 'localhost');
  return [...local, hostname()].find(isCertified) ?? others[0] ?? address;
}
