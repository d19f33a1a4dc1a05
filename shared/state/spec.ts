// What a replica's state is made of: named arrays, each of a kind with its own rule of how a step changes it. Every end (wire,
// checkpoint, journal, trainer) reads the rules from here. Leaves out the arithmetic (worker/compute/update.ts).

/** First values. Only products, quotients and square roots, which IEEE 754 rounds exactly, so that every engine gives the same bits. */
export type Init =
  /** Uniform within +-sqrt(6 / fanIn) times `gain` (default 1). */
  | { readonly kind: 'heUniform'; readonly fanIn: number; readonly gain?: number }
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'constant'; readonly value: number }
  /** Rows (the last axis) of length 1 in random directions. */
  | { readonly kind: 'unitRows' };

interface Named {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Moves by its gradient: the sum over microbatches, divided by the weight of its player, through its group's optimizer. */
export interface TrainedSpec extends Named {
  readonly kind: 'trained';
  /** Whose losses train it; see `Term` in worker/tasks/objective.ts. Default: MAIN_PLAYER. */
  readonly player?: string;
  /** False for biases and normalisation parameters: no weight decay, and no LARS adaptation. */
  readonly decay: boolean;
  /** True for scale and shift of a normalisation. */
  readonly isNorm?: boolean;
  readonly init: Init;
}

/** Moves towards what the step's microbatches saw, averaged by their samples (batch norm's running mean and variance). */
export interface StatisticSpec extends Named {
  readonly kind: 'statistic';
  /** Share of the old value that is kept, 0..1. */
  readonly momentum: number;
  readonly init: Init;
}

/** Follows another array after every step, on every replica by itself: kept = momentum * kept + (1 - momentum) * followed. */
export interface TeacherSpec extends Named {
  readonly kind: 'teacher';
  /** The array that it follows, and begins as a copy of. */
  readonly of: string;
  /** Glides from `start` to `end` along half a cosine over the steps. */
  readonly momentum: { readonly start: number; readonly end: number };
}

/** The newest rows that samples gave, oldest first; shape [rows, dims]. Samples that cannot be used give none. */
export interface QueueSpec extends Named {
  readonly kind: 'queue';
  readonly rowsPerSample: number;
  readonly init: Init;
}

/**
 * One row for each item that is trained on, in their order; shape [items, dims], rows of length 1. A step moves the rows of its items
 * to the direction of momentum * row + (1 - momentum) * what the samples gave, averaged where an item gave several.
 */
export interface BankSpec extends Named {
  readonly kind: 'bank';
  /** Share of the old row that is kept, 0..1. */
  readonly momentum: number;
  readonly init: Init;
}

/** Computed once from the recipe, never changed. */
export interface ConstantSpec extends Named {
  readonly kind: 'constant';
  readonly values: () => Float32Array;
  /** True for what is taken, as the trunk is, from the checkpoint that a stage begins from; `values` stand in where none is looked at. */
  readonly inherited?: boolean;
}

/** Counts the updates that changed something; shape []. */
export interface CounterSpec extends Named {
  readonly kind: 'counter';
}

export type StateSpec = TrainedSpec | StatisticSpec | TeacherSpec | QueueSpec | BankSpec | ConstantSpec | CounterSpec;
export type StateKind = StateSpec['kind'];

/** The player of a trunk and of a head that names none. */
export const MAIN_PLAYER = 'main';

export const playerOf = ({ player = MAIN_PLAYER }: TrainedSpec): string => player;

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}
