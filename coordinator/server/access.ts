// Who may come in: tokens compared in constant time, loopback only without one, no browser that another site leads here.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { PretextError } from '../../shared/errors/pretext-error.js';

export type Role = 'worker' | 'operator' | 'viewer';

export interface AccessOptions {
  /** Opens everything. Without it, anyone who reaches the port may come in. */
  readonly token?: string;
  /** Opens what can only be looked at. */
  readonly viewerToken?: string;
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host.replace(/^\[|\]$/g, ''));
}

/** Refuses to listen beyond loopback without a token. Throws PretextError REFUSED. */
export function checkListen(host: string, options: AccessOptions & { readonly insecure: boolean }): void {
  if (isLoopback(host) || options.token !== undefined || options.insecure) return;
  throw new PretextError('REFUSED', `Listening on "${host}" without a token would let anyone in.`, {
    hint: 'Set PRETEXT_TOKEN (or --token), or say --insecure on a network that you trust.',
  });
}

function equals(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** True for a page of another site in a browser: its scripts must not use a port on loopback. */
function isForeignBrowser(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return false;
  try {
    return new URL(origin).host !== host;
  } catch {
    return true;
  }
}

/** Names of which no site on the internet can be one: a browser that gives one of them was not led here by a stranger's DNS. */
const PRIVATE_NAME = /^[^.]+$|\.(localhost|local|internal|svc|home\.arpa)$/;

/**
 * True when the request names this machine by an address, by its own name or by a private one. A page of a site whose name was made to
 * point here says the name of that site. With a token names do not matter: such a page has none.
 */
export function isAddressedHere(request: IncomingMessage, { host, token }: AccessOptions & { readonly host: string }): boolean {
  const given = request.headers.host;
  if (token !== undefined || given === undefined) return true;
  if (!URL.canParse(`http://${given}`)) return false;
  const name = new URL(`http://${given}`).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  return isIP(name) > 0 || PRIVATE_NAME.test(name) || [host, hostname()].some((own) => own.toLowerCase() === name);
}

/** True when the request may act in the role. */
export function isAllowed(request: IncomingMessage, role: Role, options: AccessOptions): boolean {
  if (isForeignBrowser(request)) return false;
  const expected = [options.token, role === 'viewer' ? options.viewerToken : undefined].filter((token) => token !== undefined);
  if (options.token === undefined) return true;
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  return expected.map((token) => equals(given, token)).includes(true);
}
