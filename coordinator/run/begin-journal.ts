// The journal of a run that begins or goes on: whose it is, and that it is still of the same recipe and data.

import { randomUUID } from 'node:crypto';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { JournalEntry } from '../journal/entries.js';
import type { Journal } from '../journal/journal.js';
import type { Stage } from './prepare.js';

/** Returns the run's id. Throws PretextError BAD_STATE when recipe or manifest are not those that the run began with. */
export async function beginJournal(journal: Journal, stages: readonly Stage[]): Promise<string> {
  const [first] = journal.entries;
  if (first === undefined) {
    const runId = randomUUID();
    await journal.append({ type: 'run', runId, stages: stages.length });
    return runId;
  }
  if (first.type !== 'run' || first.stages !== stages.length || !journal.entries.every((entry) => isOfItsStage(entry, stages))) {
    throw new PretextError('BAD_STATE', 'The recipe or manifest in the run\'s folder is not the one that the run began with.', {
      hint: 'Put the files back as they were, or start a new run in another folder.',
    });
  }
  return first.runId;
}

function isOfItsStage(entry: JournalEntry, stages: readonly Stage[]): boolean {
  if (entry.type !== 'stage') return true;
  const stage = stages[entry.stage - 1];
  return stage?.recipeHash === entry.recipe && stage.manifestHash === entry.manifest;
}
