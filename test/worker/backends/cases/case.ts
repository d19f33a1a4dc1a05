// What a case of the conformance suite is.

import type { Tensor } from '@tensorflow/tfjs-core';
import type { Reference } from '../reference.js';

export interface Case {
  readonly title: string;
  readonly shapes: readonly (readonly number[])[];
  /** Inputs are uniform in this range. Default -1 to 1. */
  readonly range?: readonly [number, number];
  readonly run: (...inputs: Tensor[]) => Tensor;
  readonly expect: Reference;
  /** Default true: the gradients are compared with finite differences too. */
  readonly hasGradient?: boolean;
}
