// Who may come in: loopback only without a token, no browser that another site leads here, the role that a route asks for.

import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { rolesOf, type Role, type Tokens } from './tokens.js';

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host.replace(/^\[|\]$/g, ''));
}

/** Refuses to listen beyond loopback without a token. Throws PretextError REFUSED. */
export function checkListen(host: string, { tokens, insecure }: { readonly tokens: Tokens; readonly insecure: boolean }): void {
  if (isLoopback(host) || tokens.worker !== undefined || insecure) return;
  throw new PretextError('REFUSED', `Listening on "${host}" without a token would let anyone in.`, {
    hint: 'Set PRETEXT_TOKEN (or --token, or --token-file), or say --insecure on a network that you trust.',
  });
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
export function isAddressedHere(request: IncomingMessage, { host, tokens }: { readonly host: string; readonly tokens: Tokens }): boolean {
  const given = request.headers.host;
  if (tokens.worker !== undefined || given === undefined) return true;
  if (!URL.canParse(`http://${given}`)) return false;
  const name = new URL(`http://${given}`).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  return isIP(name) > 0 || PRIVATE_NAME.test(name) || [host, hostname()].some((own) => own.toLowerCase() === name);
}

/** The token that a request shows. */
export function tokenOf(request: IncomingMessage): string {
  return /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
}

/** Why a request may not act in the role: a status and what to say. Undefined when it may. */
export function findRefusal(request: IncomingMessage, role: Role, tokens: Tokens): { readonly status: 401 | 403; readonly text: string } | undefined {
  if (isForeignBrowser(request)) return { status: 401, text: '' };
  const roles = rolesOf(tokenOf(request), tokens);
  if (roles.has(role)) return undefined;
  return roles.size === 0 ? { status: 401, text: '' } : { status: 403, text: `this needs the ${role}'s` };
}
