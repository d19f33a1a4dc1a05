// Tokens and certificates of a port while it is open: read again when their files change. What cannot be used is left, and said.

import { messageOf } from '../../shared/errors/pretext-error.js';
import { readTls, type TlsContents, type TlsFiles } from '../../shared/client/credentials.js';
import { readTokens, ROLES, type Secrets, type Tokens } from './tokens.js';
import { watchFiles } from './watch-files.js';

/** What became of files of secrets that changed. */
export type SecretsEvent =
  /** So many connections were cut off, for their token is valid no longer. */
  | { readonly type: 'tokensChanged'; readonly cut: number }
  /** New connections get it. */
  | { readonly type: 'certificateChanged' }
  /** What was valid before stays valid. */
  | { readonly type: 'secretsUnusable'; readonly reason: string };

export interface SecretsOptions {
  /** Default: none, and everyone who reaches the port may come in. */
  readonly secrets?: Secrets;
  /** `ca`: the authorities of clients' certificates; without it none are asked for. Default: no TLS. */
  readonly tls?: TlsFiles;
  /** How often files are looked at. Default 2 seconds. */
  readonly secretsEveryMs?: number;
  readonly onSecrets?: (event: SecretsEvent) => void;
}

interface Takers {
  /** Returns how many were cut off. */
  takeTokens(tokens: Tokens): number;
  takeTls(contents: TlsContents): void;
}

const LOOK_EVERY_MS = 2000;

/** Hands over what changed, if it can be used. Call what it returns to stop. */
export function watchSecrets({ secrets = {}, tls = {}, secretsEveryMs = LOOK_EVERY_MS, onSecrets }: SecretsOptions, takers: Takers): () => void {
  function take(event: () => SecretsEvent): void {
    let taken: SecretsEvent;
    try {
      taken = event();
    } catch (error) {
      taken = { type: 'secretsUnusable', reason: messageOf(error) };
    }
    onSecrets?.(taken);
  }

  const tokenFiles = ROLES.flatMap((role) => secrets[role]?.tokenFile ?? []);
  const stops = [
    watchFiles(tokenFiles, secretsEveryMs, () => take(() => ({ type: 'tokensChanged', cut: takers.takeTokens(readTokens(secrets)) }))),
    watchFiles(Object.values(tls).filter((path) => path !== undefined), secretsEveryMs, () => take(() => {
      takers.takeTls(readTls(tls));
      return { type: 'certificateChanged' };
    })),
  ];
  return () => stops.forEach((stop) => stop());
}
