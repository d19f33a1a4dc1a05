// The exit codes of every command: what scripts and schedulers decide by. docs/unattended.md has the same table, and what to do. Add, never change.

import type { ErrorCode } from '../../shared/errors/pretext-error.js';

export const EXIT = {
  done: 0, failed: 1, usage: 2, unfit: 3, taken: 4, diverged: 5, machine: 6, unreachable: 7, refused: 8, stopped: 9, drained: 10, collapsed: 11,
} as const;

export type ExitName = keyof typeof EXIT;

export const EXIT_NAMES = Object.keys(EXIT) as ExitName[];

export const EXITS: Readonly<Record<ExitName, string>> = {
  done: 'done: the run is complete, the question answered',
  failed: 'failed in an unforeseen way, or what was to be proved is not',
  usage: 'wrong arguments or recipe',
  unfit: "the data or the run's folder cannot be used as they are",
  taken: 'another coordinator has the folder or the port, or the folder holds a run',
  diverged: 'loss or gradient are not finite',
  machine: 'this machine failed: device lost or too small, backend absent, disk full; or a machine computes wrongly',
  unreachable: 'no coordinator answers',
  refused: 'turned away: wrong token or certificate, other version, a run that stopped on an error, no permission',
  stopped: 'stopped by a signal or an operator, the state saved',
  drained: 'a worker left on a signal or for an operator, its work handed in',
  collapsed: 'the run has collapsed, or a stage ended with a verdict of its gate, and the recipe says to stop then; the state is saved',
};

/** How a command that starts a run can end. */
export const RUN_EXITS: readonly ExitName[] = ['done', 'failed', 'usage', 'unfit', 'taken', 'diverged', 'machine', 'unreachable', 'refused', 'stopped', 'collapsed'];

const BY_ERROR: Readonly<Record<ErrorCode, ExitName>> = {
  AUDIT_UNDECIDED: 'machine', BACKEND_ABSENT: 'machine', BAD_ARGUMENT: 'usage', BAD_CERTIFICATE: 'refused', BAD_FRAME: 'refused', BAD_RECIPE: 'usage', BAD_STATE: 'unfit', BAD_TOKEN: 'refused', CANCELLED: 'stopped', COLLAPSED: 'collapsed',
  DATA_CHANGED: 'unfit', DATA_EMPTY: 'unfit', DATA_MISSING: 'unfit', DATA_UNUSABLE: 'unfit', DECODE_FAILED: 'unfit', DECODE_LIMIT: 'unfit',
  DECODE_TIMEOUT: 'unfit', DEVICE_FULL: 'machine', DEVICE_LOST: 'machine', DISK_FULL: 'machine', FFMPEG_ABSENT: 'machine', GATE_CLOSED: 'collapsed', JOURNAL_BROKEN: 'unfit',
  NOT_FOUND: 'unfit', NON_FINITE: 'diverged', PORT_IN_USE: 'taken', REFUSED: 'refused', REPLAY_DIFFERS: 'machine', RUN_EXISTS: 'taken',
  UNREACHABLE: 'unreachable', WORKER_FAILED: 'failed',
};

/** For what is no PretextError: `failed`. */
export function exitCodeOf(code: ErrorCode | undefined): number {
  return EXIT[code === undefined ? 'failed' : BY_ERROR[code]];
}

/** For the help of a command that can end in these ways. */
export function describeExits(names: readonly ExitName[]): string {
  return `\nExit codes:\n${names.map((name) => `  ${String(EXIT[name]).padStart(2)}  ${EXITS[name]}\n`).join('')}`;
}
