// Whose fault it is that a file gives no frames: the file's own, which stays so on every machine, or that of the machine that read it.

import { isOfTheMachine } from '../../shared/datasets/machine-fault.js';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';

/** The error to throw for what decoding a file threw: DECODE_FAILED for whatever nobody foresaw, so that it is that file's alone. */
export function blameFile(error: unknown): unknown {
  if (error instanceof PretextError || isOfTheMachine(error)) return error;
  return new PretextError('DECODE_FAILED', `It cannot be decoded: ${messageOf(error)}`, { cause: error });
}
