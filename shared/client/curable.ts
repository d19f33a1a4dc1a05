// Whether it helps to ask a coordinator again later.

import { PretextError } from '../errors/pretext-error.js';
import type { Credentials } from './credentials.js';

/**
 * True for silence. Where the token comes from a file also for what is wrong with it: coordinator and worker may see a new one at different
 * times. `hasBeenIn`: certificates were good before, and may be again.
 */
export function isCurable(error: unknown, { tokenFile, hasBeenIn }: Pick<Credentials, 'tokenFile'> & { readonly hasBeenIn: boolean }): boolean {
  if (!(error instanceof PretextError)) return false;
  switch (error.code) {
    case 'UNREACHABLE': return true;
    case 'BAD_TOKEN': return tokenFile !== undefined;
    case 'BAD_ARGUMENT': return tokenFile !== undefined && hasBeenIn;
    case 'BAD_CERTIFICATE': return hasBeenIn;
    default: return false;
  }
}
