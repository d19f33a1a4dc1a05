// Sizes of a run that follow from the data: side, batch, steps, rate. Pure.

export interface DataSize {
  readonly kind: 'image' | 'video';
  readonly numTrain: number;
  /** Median of the shorter side, in pixels; 0 where unknown. */
  readonly shortSide: number;
}

export interface FittedSizes {
  readonly side: number;
  readonly shortSide: number;
  readonly microbatches: number;
  readonly microbatchSize: number;
  readonly steps: number;
  readonly learningRate: number;
  /** Why, a sentence each. */
  readonly reasons: readonly string[];
}

const USUAL_SIDE = 64;
const SMALL_SIDE = 32;
/** The decoder scales to this times the side: room for crops. */
const ROOM = 76 / 64;
const USUAL_BATCH = 64;
const SMALL_BATCH = 32;
const FEW_ITEMS = 200;
/** Of a batch of 64; smaller ones move less a step. */
const USUAL_RATE = 0.05;
const EPOCHS = 30;
const LEAST_STEPS = 1000;
const MOST_STEPS = 20_000;

export function fitSizes({ kind, numTrain, shortSide }: DataSize): FittedSizes {
  const isSmall = kind === 'image' && shortSide > 0 && shortSide < USUAL_SIDE;
  const side = isSmall ? SMALL_SIDE : USUAL_SIDE;
  const batch = numTrain < FEW_ITEMS ? SMALL_BATCH : USUAL_BATCH;
  const wanted = Math.ceil((EPOCHS * numTrain) / batch / 100) * 100;
  const steps = Math.min(MOST_STEPS, Math.max(LEAST_STEPS, wanted));
  const epochs = (steps * batch) / numTrain;
  return {
    side, shortSide: Math.round(side * ROOM), microbatches: 8, microbatchSize: batch / 8, steps, learningRate: (USUAL_RATE * batch) / USUAL_BATCH,
    reasons: [
      isSmall ? `side ${side}: half of the pictures are at most ${shortSide} pixels high or wide.` : `side ${side}: enough for most tasks, and small enough to be quick.`,
      batch === SMALL_BATCH ? `batch ${batch}: ${numTrain} items are few, and smaller batches make more updates of them.` : `batch ${batch}: the usual one.`,
      `${steps} steps: every item is seen ${epochs < 10 ? epochs.toFixed(1) : Math.round(epochs)} times.`,
      `rate ${Number(((USUAL_RATE * batch) / USUAL_BATCH).toPrecision(3))}: it goes with the batch.`,
    ],
  };
}
