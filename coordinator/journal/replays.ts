// Steps that were run again after a rollback: they must give what they gave before. Pure.

import { PretextError } from '../../shared/errors/pretext-error.js';
import { forgetDistrusted, type CommitEntry, type JournalEntry, type StageEntry } from './entries.js';

/** What the two gave, in words; undefined when they are the same. */
function describeDifference(before: CommitEntry, after: CommitEntry): string | undefined {
  if (before.samples !== after.samples) return `other samples (hash ${after.samples}, before ${before.samples})`;
  if (before.gradient !== after.gradient) return `another gradient (hash ${after.gradient}, before ${before.gradient})`;
  return before.loss === after.loss ? undefined : `another loss (${after.loss}, before ${before.loss}; gradient ${after.gradient} both times)`;
}

/** Looks at a stage's entries as they come. */
export interface StageReplays {
  /** False where workers of different kinds have taken part: bits may depend on who computes what, and nothing is compared. */
  isOfOneKind(): boolean;
  /** A sentence when the step was committed before with another result. */
  describe(entry: StageEntry): string | undefined;
  /** The entry is in the journal. */
  add(entry: StageEntry): void;
}

export function createStageReplays(): StageReplays {
  /** The last commit of each step. */
  const commits = new Map<number, CommitEntry>();
  const kinds = new Set<string>();
  const isOfOneKind = (): boolean => kinds.size <= 1;
  return {
    isOfOneKind,
    describe(entry) {
      const before = entry.type === 'commit' && isOfOneKind() ? commits.get(entry.step) : undefined;
      if (before === undefined || entry.type !== 'commit') return undefined;
      const difference = describeDifference(before, entry);
      return difference && `Step ${entry.step} was run again and gave ${difference}.`;
    },
    add(entry) {
      if (entry.type === 'commit') commits.set(entry.step, entry);
      if (entry.type === 'worker') kinds.add(entry.backend);
      forgetDistrusted(commits, entry);
    },
  };
}

/** Looks at a journal's entries as they come. */
export interface ReplayCheck {
  /** Throws PretextError REPLAY_DIFFERS when the step was committed before with another result. */
  check(entry: JournalEntry): void;
  /** The entry is in the journal. */
  add(entry: JournalEntry): void;
}

export function createReplayCheck(entries: readonly JournalEntry[]): ReplayCheck {
  const stages = new Map<number, StageReplays>();
  const add = (entry: JournalEntry): void => {
    if (entry.type === 'run' || entry.type === 'stage') return;
    const stage = stages.get(entry.stage) ?? createStageReplays();
    stages.set(entry.stage, stage);
    stage.add(entry);
  };
  entries.forEach(add);
  return {
    add,
    check(entry) {
      if (entry.type === 'run' || entry.type === 'stage') return;
      const difference = stages.get(entry.stage)?.describe(entry);
      if (difference === undefined) return;
      throw new PretextError('REPLAY_DIFFERS', difference, {
        hint: 'A machine computes wrongly, or data or program are not what they were. Go on with other machines by --resume; if the earlier result was the wrong one, add --recover.',
      });
    },
  };
}
