// The journal as one stage of the run sees it.

import { entriesOfStage, type StageEntry } from './entries.js';
import type { Journal } from './journal.js';

export interface StageJournal {
  readonly entries: readonly StageEntry[];
  /** Resolves when the entry is on disk. Throws PretextError DISK_FULL when there is no room. */
  append(entry: StageEntry): Promise<void>;
}

export function journalOfStage(journal: Journal, stage: number): StageJournal {
  return {
    get entries() {
      return entriesOfStage(journal.entries, stage);
    },
    append: (entry) => journal.append({ ...entry, stage }),
  };
}
