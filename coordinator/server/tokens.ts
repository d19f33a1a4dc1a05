// Who may do what: roles, the tokens that open them, and where the tokens come from.

import { createHash, timingSafeEqual } from 'node:crypto';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { checkToken, readToken, type Credentials } from '../../shared/client/credentials.js';

export const ROLES = ['worker', 'operator', 'viewer'] as const;
/** A worker joins and reads the data, an operator steers the run, a viewer looks. */
export type Role = (typeof ROLES)[number];

/** The token of each role, as it is or in a file. */
export type Secrets = Readonly<Partial<Record<Role, Pick<Credentials, 'token' | 'tokenFile'>>>>;
export type Tokens = Readonly<Partial<Record<Role, string>>>;

const ALSO_OPENS: Readonly<Record<Role, readonly Role[]>> = { worker: ['worker', 'viewer'], operator: ['operator', 'viewer'], viewer: ['viewer'] };

/** Reads the tokens as they are now. Throws PretextError BAD_ARGUMENT where a file cannot be used, or where tokens do not keep roles apart. */
export function readTokens(secrets: Secrets): Tokens {
  const tokens: Partial<Record<Role, string>> = {};
  for (const role of ROLES) {
    const secret = secrets[role];
    const token = secret && readToken(secret);
    if (token !== undefined) tokens[role] = checkToken(token, `the ${role}'s token`);
  }
  if (tokens.worker === undefined && (tokens.operator ?? tokens.viewer) !== undefined) {
    throw new PretextError('BAD_ARGUMENT', 'a token for operators or viewers without one for workers would let anyone in.', { hint: 'Set PRETEXT_TOKEN, --token or --token-file too.' });
  }
  for (const role of ROLES) for (const other of ROLES) {
    if (role < other && tokens[role] !== undefined && tokens[role] === tokens[other]) {
      throw new PretextError('BAD_ARGUMENT', `the ${role}'s and the ${other}'s token are the same.`, { hint: 'Give each role a token of its own, or leave one out.' });
    }
  }
  return tokens;
}

function equals(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** What a token opens; without tokens, everything. Where there is none for operators, that of workers opens their part too. */
export function rolesOf(given: string, tokens: Tokens): ReadonlySet<Role> {
  if (tokens.worker === undefined) return new Set(ROLES);
  const holders = ROLES.map((role) => tokens[role] !== undefined && equals(given, tokens[role]) ? role : undefined).filter((role) => role !== undefined);
  const roles = new Set(holders.flatMap((role) => ALSO_OPENS[role]));
  if (tokens.operator === undefined && roles.has('worker')) roles.add('operator');
  return roles;
}
