// Whether a run goes on from one stage to the next: its recipe may say at which verdicts it shall not. Pure.

import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Verdict } from '../observe/verdict.js';
import type { Stage } from './prepare.js';

/** Throws PretextError GATE_CLOSED where the verdict at the end of a stage is one that its gate names. Without a verdict it is open. */
export function throwOnGate({ number, recipe: { gate = [] } }: Pick<Stage, 'number' | 'recipe'>, verdict: Verdict | undefined): void {
  if (verdict === undefined || !(gate as readonly string[]).includes(verdict.kind.replaceAll(' ', '-'))) return;
  throw new PretextError('GATE_CLOSED', `Stage ${number} is complete, and its gate does not let the run go on: ${verdict.kind}: ${verdict.text}`, {
    hint: `To go on all the same: --resume --set 'stages.${number}.gate=[]'.`,
  });
}
