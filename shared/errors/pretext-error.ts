// The one error class of the project: a stable code beside a message for people.

/** Codes are part of the public interface: scripts may match on them. Add, never rename. */
export type ErrorCode =
  | 'AUDIT_UNDECIDED'
  | 'BACKEND_ABSENT'
  | 'BAD_ARGUMENT'
  | 'BAD_CERTIFICATE'
  | 'BAD_FRAME'
  | 'BAD_RECIPE'
  | 'BAD_STATE'
  | 'BAD_TOKEN'
  | 'CANCELLED'
  | 'COLLAPSED'
  | 'DATA_CHANGED'
  | 'DATA_EMPTY'
  | 'DATA_MISSING'
  | 'DATA_UNUSABLE'
  | 'DECODE_FAILED'
  | 'DECODE_LIMIT'
  | 'DECODE_TIMEOUT'
  | 'DEVICE_FULL'
  | 'DEVICE_LOST'
  | 'DISK_FULL'
  | 'FFMPEG_ABSENT'
  | 'GATE_CLOSED'
  | 'JOURNAL_BROKEN'
  | 'NOT_FOUND'
  | 'NON_FINITE'
  | 'PORT_IN_USE'
  | 'REFUSED'
  | 'REPLAY_DIFFERS'
  | 'RUN_EXISTS'
  | 'UNREACHABLE'
  | 'WORKER_FAILED';

/**
 * An error that a user can act on: what was expected, what came, what to do.
 *
 * `hint` is the thing to do next, one sentence; the command line prints it on a line of its own.
 */
export class PretextError extends Error {
  override readonly name = 'PretextError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
