// Lets somebody see what each layer makes of its inputs, during one pass. Nobody does while training, and then a layer costs one comparison.

import type { Tensor } from '@tensorflow/tfjs-core';
import type { NamedTensors } from './model.js';

/** `layer` is what the names of its arrays in `parameters` begin with. The outputs end with the pass. */
export type Watch = (layer: string, parameters: NamedTensors, outputs: Tensor) => void;

// Layers are called without a break from the beginning of a pass to its end, so that one place for all of them cannot be mistaken.
let watch: Watch | undefined;

/** What a layer calls with its outputs; returns them. */
export function show<T extends Tensor>(layer: string, parameters: NamedTensors, outputs: T): T {
  watch?.(layer, parameters, outputs);
  return outputs;
}

/** Runs a pass, which must not be asynchronous, with `watching` called by every layer in the order of the pass. */
export function watchLayers<Result>(watching: Watch, pass: () => Result): Result {
  watch = watching;
  try {
    return pass();
  } finally {
    watch = undefined;
  }
}
