// Whether it helps to ask a coordinator again later.

import { PretextError } from '../errors/pretext-error.js';
import type { Credentials } from './credentials.js';

/**
 * True for silence. Where the token comes from a file also for what is wrong with it: coordinator and worker may see a new one at different
 * times. `hasBeenIn`: certificates were good before, and may be again.
 */
export function isCurable(error: unknown, { tokenFile, hasBeenIn }: Pick<Credentials, 'tokenFile'> & { readonly hasBeenIn: boolean }): boolean {
  if (!(error instanceof PretextError)) return false;
  const { code } = error;
  if (code === 'UNREACHABLE') return true;
  if (code === 'BAD_CERTIFICATE') return hasBeenIn;
  return tokenFile !== undefined && (code === 'BAD_TOKEN' || (code === 'BAD_ARGUMENT' && hasBeenIn));
}
