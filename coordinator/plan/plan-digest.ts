// What a step's samples are, as one hash: the journal holds it, `verify` computes it again from the recipe.

import { createHash } from 'node:crypto';
import type { EpochPlan } from './epoch-plan.js';

/** SHA-256 over (position, epoch, sample, item path) of every sample of a step, in order. */
export function digestOfStep(plan: EpochPlan, step: number, microbatches: number): string {
  const hash = createHash('sha256');
  for (let index = 0; index < microbatches; index++) {
    for (const { position, epoch, sample, path } of plan.microbatch(step, index)) {
      hash.update(`${position} ${epoch} ${sample} ${path}\n`);
    }
  }
  return hash.digest('hex');
}
