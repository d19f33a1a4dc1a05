// What to do about numbers that are not finite: the line that looks into the step that a run could not make.

import type { RunStatus } from '../../coordinator/run/status.js';
import { PretextError } from '../../shared/errors/pretext-error.js';

/** The error with the line in its hint, where a run in `folder` ended by it; any other error as it is. */
export function suggestReplay(error: unknown, folder: string, { stage, stages, step }: Pick<RunStatus, 'stage' | 'stages' | 'step'>): unknown {
  if (!(error instanceof PretextError) || error.code !== 'NON_FINITE') return error;
  const line = `pretext replay ${folder} --step ${step + 1}${stages > 1 ? ` --stage ${stage}` : ''}`;
  return new PretextError(error.code, error.message, { hint: `${error.hint ?? ''} ${line}  shows which layer and samples it comes from.`.trimStart(), cause: error });
}
