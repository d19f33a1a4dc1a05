// What a failed write means for a user.

import { PretextError } from './pretext-error.js';

const REASONS: Readonly<Record<string, { code: 'DISK_FULL' | 'REFUSED'; what: string; hint: string }>> = {
  ENOSPC: { code: 'DISK_FULL', what: 'the disk is full', hint: 'Free some space, then go on by --resume.' },
  EDQUOT: { code: 'DISK_FULL', what: 'the quota is used up', hint: 'Free some space, then go on by --resume.' },
  EROFS: { code: 'REFUSED', what: 'the file system is read-only', hint: 'Give a folder that can be written, by --out.' },
  EEXIST: { code: 'REFUSED', what: 'a file is where a folder should be', hint: 'Give a folder that can be written, by --out.' },
  ENOTDIR: { code: 'REFUSED', what: 'a file is where a folder should be', hint: 'Give a folder that can be written, by --out.' },
  EPERM: { code: 'REFUSED', what: 'it is not permitted', hint: 'Give a folder that can be written, by --out.' },
  EACCES: { code: 'REFUSED', what: 'permission is denied', hint: 'Give a folder that can be written, by --out.' },
};

/** The error to throw for a failed write to `path`; what is no matter of disks comes back as it is. */
export function explainDiskError(error: unknown, path: string): unknown {
  const reason = REASONS[(error as NodeJS.ErrnoException).code ?? ''];
  if (!reason) return error;
  return new PretextError(reason.code, `Cannot write "${path}": ${reason.what}.`, { hint: reason.hint, cause: error });
}
