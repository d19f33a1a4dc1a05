// The loss over several steps: each counts by the samples that it learnt from, and a step that learnt from none does not count. Pure.

export interface StepLoss {
  readonly loss: number | null;
  /** Sum of the weights of its samples. */
  readonly weight: number;
}

/** Mean over samples; null where no step had any, undefined where there is no step. */
export function meanLoss(steps: readonly StepLoss[]): number | null | undefined {
  if (steps.length === 0) return undefined;
  let sum = 0;
  let total = 0;
  for (const { loss, weight } of steps) {
    if (loss === null || weight === 0) continue;
    sum += loss * weight;
    total += weight;
  }
  return total === 0 ? null : sum / total;
}
