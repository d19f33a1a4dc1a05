// The numbers of a trunk by name, for those who describe it as a graph.

import { PretextError } from '../../../shared/errors/pretext-error.js';
import type { NamedArray } from '../../../shared/tensors/safetensors.js';
import type { ConstantArray } from '../graph.js';

export interface Values {
  /** Throw PretextError BAD_STATE for a name that is not there. */
  array(name: string): ConstantArray;
  vector(name: string): Float32Array;
}

export function createValues(arrays: readonly NamedArray[]): Values {
  const byName = new Map(arrays.map((array) => [array.name, array]));
  const array = (name: string): ConstantArray => {
    const found = byName.get(name);
    if (found) return found;
    throw new PretextError('BAD_STATE', `The checkpoint does not have "${name}".`);
  };
  return { array, vector: (name) => array(name).values };
}
