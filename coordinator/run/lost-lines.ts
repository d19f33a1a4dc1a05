// Files of a run that nothing depends on, and how many lines each misses because the disk took no more. Pure.

import type { RunEvent } from './events.js';

export interface LostLines {
  readonly path: string;
  readonly lines: number;
  /** Why the first of them could not be written. */
  readonly reason: string;
}

/** What is lost after an event. */
export function countLostLines(lost: readonly LostLines[], event: RunEvent): readonly LostLines[] {
  if (event.type !== 'linesLost') return lost;
  const { path, lines, reason } = event;
  const known = lost.find((each) => each.path === path);
  if (!known) return [...lost, { path, lines, reason }];
  return lost.map((each) => (each === known ? { ...known, lines: known.lines + lines } : each));
}
