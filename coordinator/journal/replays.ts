// Steps that were run again after a rollback: they must give what they gave before. Pure.

import { PretextError } from '../../shared/errors/pretext-error.js';
import { forgetDistrusted, type CommitEntry, type JournalEntry, type StageEntry } from './entries.js';

/** What the two gave, in words; undefined when they are the same. */
export function describeDifference(before: CommitEntry, after: CommitEntry): string | undefined {
  if (before.samples !== after.samples) return `other samples (hash ${after.samples}, before ${before.samples})`;
  if (before.gradient !== after.gradient) return `another gradient (hash ${after.gradient}, before ${before.gradient})`;
  return before.loss === after.loss ? undefined : `another loss (${after.loss}, before ${before.loss}; gradient ${after.gradient} both times)`;
}

/** False where workers of different kinds took part in a stage: bits may depend on who computes what. */
export function isOfOneKind(entries: readonly StageEntry[]): boolean {
  return new Set(entries.flatMap((entry) => (entry.type === 'worker' ? [entry.backend] : []))).size <= 1;
}

/** Looks at a journal's commits as they come. */
export interface ReplayCheck {
  /** Throws PretextError REPLAY_DIFFERS when the step was committed before with another result. */
  check(entry: JournalEntry): void;
  /** The entry is in the journal. */
  add(entry: JournalEntry): void;
}

export function createReplayCheck(entries: readonly JournalEntry[]): ReplayCheck {
  /** The last commit of each step, by stage, and the kinds of workers. */
  const commits = new Map<number, Map<number, CommitEntry>>();
  const kinds = new Map<number, Set<string>>();
  const add = (entry: JournalEntry): void => {
    if (entry.type === 'run' || entry.type === 'stage') return;
    const ofStage = commits.get(entry.stage) ?? new Map<number, CommitEntry>();
    commits.set(entry.stage, ofStage);
    if (entry.type === 'commit') ofStage.set(entry.step, entry);
    forgetDistrusted(ofStage, entry);
    if (entry.type === 'worker') kinds.set(entry.stage, new Set(kinds.get(entry.stage)).add(entry.backend));
  };
  entries.forEach(add);
  return {
    add,
    check(entry) {
      const before = entry.type === 'commit' ? commits.get(entry.stage)?.get(entry.step) : undefined;
      if (before === undefined || entry.type !== 'commit' || (kinds.get(entry.stage)?.size ?? 0) > 1) return;
      const difference = describeDifference(before, entry);
      if (difference === undefined) return;
      throw new PretextError('REPLAY_DIFFERS', `Step ${entry.step} was run again and gave ${difference}.`, {
        hint: 'A machine computes wrongly, or data or program are not what they were. Go on with other machines by --resume; if the earlier result was the wrong one, add --recover.',
      });
    },
  };
}
