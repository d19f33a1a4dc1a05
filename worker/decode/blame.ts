// Whose fault it is that a file gives no frames: the file's own, which stays so on every machine, or that of the machine that read it.

import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';

/** What a machine runs out of, or fails at, whatever file it reads. */
const OF_THE_MACHINE: ReadonlySet<string> = new Set(['EAGAIN', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'ENOSPC', 'EROFS']);
const NO_MEMORY = /allocation failed|Array buffer allocation/i;

/** The error to throw for what decoding a file threw: DECODE_FAILED for whatever nobody foresaw, so that it is that file's alone. */
export function blameFile(error: unknown): unknown {
  if (error instanceof PretextError || isOfTheMachine(error)) return error;
  return new PretextError('DECODE_FAILED', `It cannot be decoded: ${messageOf(error)}`, { cause: error });
}

function isOfTheMachine(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return (code !== undefined && OF_THE_MACHINE.has(code)) || (error instanceof RangeError && NO_MEMORY.test(error.message));
}
