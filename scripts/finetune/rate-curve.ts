// What a test of learning rates says: losses as the rate grows step by step, and which rate they speak for (Smith 2017, "Cyclical Learning
// Rates for Training Neural Networks"; smoothing, stop and suggestions as fastai has them). Pure.

/** How a step's loss came out at its rate. */
export interface RatePoint {
  readonly rate: number;
  readonly loss: number;
  /** Mean of the losses so far, each counting for 0.98 of the one after it. */
  readonly smooth: number;
}

export interface RateSuggestions {
  /** Two thirds or so into the longest stretch over which losses fall. */
  readonly valley: number;
  /** Where losses fall fastest. */
  readonly steep: number;
}

const KEPT = 0.98;
/** Of the best smoothed loss: above it nothing more is learnt. */
const DIVERGED = 4;
/** At the beginning the mean is of too few, at the end losses explode. */
const SKIPPED_SHARE = 0.1;
const SKIPPED_LAST = 5;

/** Up to the step after which a loss has grown too far, that one too. */
export function smoothCurve(rates: readonly number[], losses: readonly number[]): RatePoint[] {
  const points: RatePoint[] = [];
  let [sum, best] = [0, Infinity];
  for (const [index, loss] of losses.entries()) {
    sum = KEPT * sum + (1 - KEPT) * loss;
    const smooth = sum / (1 - KEPT ** (index + 1));
    points.push({ rate: rates[index]!, loss, smooth });
    best = Math.min(best, smooth);
    if (!(smooth <= DIVERGED * best)) break;
  }
  return points;
}

/** Of a curve of so many planned steps. Undefined where too few of them are left. */
export function suggestRates(points: readonly RatePoint[], steps: number): RateSuggestions | undefined {
  const looked = points.slice(Math.floor(SKIPPED_SHARE * steps), -SKIPPED_LAST).filter(({ smooth }) => Number.isFinite(smooth));
  if (looked.length < 2) return undefined;
  return { valley: looked[findValley(looked.map(({ smooth }) => smooth))]!.rate, steep: looked[findSteepest(looked)]!.rate };
}

/**
 * A place in the longest falling subsequence: half a third behind the end of the first third of it. As fastai counts: the first of several
 * as long, its beginning as many places before its end as it has members.
 */
function findValley(losses: readonly number[]): number {
  const lengths = losses.map(() => 1);
  let [start, end] = [0, 0];
  for (let i = 1; i < losses.length; i++) {
    for (let j = 0; j < i; j++) {
      if (losses[i]! < losses[j]! && lengths[i]! < lengths[j]! + 1) lengths[i] = lengths[j]! + 1;
      if (lengths[end]! < lengths[i]!) [start, end] = [i - lengths[i]!, i];
    }
  }
  const third = (end - start) / 3;
  return Math.max(0, start + Math.floor(third) + Math.floor(third / 2));
}

/** By the logarithm of the rate. */
function findSteepest(points: readonly RatePoint[]): number {
  const slopes = points.slice(1).map(({ rate, smooth }, i) => (smooth - points[i]!.smooth) / Math.log(rate / points[i]!.rate));
  return slopes.indexOf(Math.min(...slopes));
}
