// What `pretext verify` does: proves from the folder of a run that every planned sample was counted once, and prints the proof.

import { readJournal } from '../../coordinator/journal/journal.js';
import { describeFault } from '../../coordinator/journal/lines.js';
import { verifyRun, type Verification } from '../../coordinator/journal/verify.js';
import { loadRun } from '../../coordinator/run/prepare.js';
import { EXIT } from '../commands/exit-codes.js';
import type { VerifyFlags } from '../commands/verify.js';
import { checkRunFolder } from './run-folders.js';

export interface VerifyResult extends Verification {
  readonly runId: string;
  /** Of all stages. */
  readonly steps: number;
  readonly stages: number;
}

/** Throws PretextError NOT_FOUND or BAD_RECIPE when there is nothing to prove from. */
export async function prove(folder: string): Promise<VerifyResult> {
  const { stages, paths } = await loadRun(folder);
  const { entries, fault } = await readJournal(paths.journal);
  const [first] = entries;
  const planned = stages.map(({ recipe: { steps, batch }, ...stage }) => ({ ...stage, steps, microbatches: batch.microbatches }));
  const { isProved, samples, problems } = verifyRun(entries, planned);
  return {
    // What is after a fault is not looked at.
    isProved: isProved && fault === undefined,
    samples,
    problems: [...(fault ? [`${describeFault(paths.journal, fault)}.`] : []), ...problems],
    runId: first?.type === 'run' ? first.runId : '',
    steps: planned.reduce((sum, { steps }) => sum + steps, 0),
    stages: stages.length,
  };
}

const MAX_PROBLEMS = 10;

function formatProof({ isProved, samples, problems, runId, steps, stages }: VerifyResult): string {
  const { planned, committed, duplicated, missing, quarantined } = samples;
  const counts = `planned ${planned}, committed ${committed}, duplicated ${duplicated}, missing ${missing}, quarantined ${quarantined}`;
  const verdict = isProved ? 'proved: every planned sample was counted once' : 'NOT proved';
  const more = problems.length > MAX_PROBLEMS ? [`and ${problems.length - MAX_PROBLEMS} more`] : [];
  return `${[`${verdict} (run ${runId}, ${stages === 1 ? '' : `${stages} stages, `}${steps} steps)`, counts, ...problems.slice(0, MAX_PROBLEMS), ...more].join('\n  ')}\n`;
}

/** Prints what the journal proves; sets the exit code 1 when it does not. */
export async function printProof(run: string, { json = false }: VerifyFlags): Promise<void> {
  const result = await prove(checkRunFolder(run));
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : formatProof(result));
  if (!result.isProved) process.exitCode = EXIT.failed;
}
