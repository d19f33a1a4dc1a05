// What `pretext verify` does: proves from the folder of a run that every planned sample was counted once.

import { readJournal } from '../../coordinator/journal/journal.js';
import { verifyRun, type Verification } from '../../coordinator/journal/verify.js';
import { loadRun } from '../../coordinator/run/prepare.js';

export interface VerifyResult extends Verification {
  readonly runId: string;
  /** Of all stages. */
  readonly steps: number;
  readonly stages: number;
}

/** Throws PretextError NOT_FOUND, BAD_RECIPE or JOURNAL_BROKEN when there is nothing to prove from. */
export async function verifyAction(folder: string): Promise<VerifyResult> {
  const { stages, paths } = await loadRun(folder);
  const entries = await readJournal(paths.journal);
  const [first] = entries;
  const planned = stages.map(({ recipe: { steps, batch }, ...stage }) => ({ ...stage, steps, microbatches: batch.microbatches }));
  return {
    ...verifyRun(entries, planned),
    runId: first?.type === 'run' ? first.runId : '',
    steps: planned.reduce((sum, { steps }) => sum + steps, 0),
    stages: stages.length,
  };
}
