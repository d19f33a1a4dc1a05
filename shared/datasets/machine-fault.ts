// Faults of the machine that reads a file, which are not those of the file: another machine, or a later moment, knows nothing of them.

/** What a machine runs out of, or fails at, whatever file it reads. */
const CODES: ReadonlySet<string> = new Set(['EAGAIN', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'ENOSPC', 'EROFS']);
const NO_MEMORY = /allocation failed|Array buffer allocation/i;

export function isOfTheMachine(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return (code !== undefined && CODES.has(code)) || (error instanceof RangeError && NO_MEMORY.test(error.message));
}
