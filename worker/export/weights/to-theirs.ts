// The arrays of a trunk, and of the layer that tells classes, by the names and layouts of another library.

import { counterpartOf, MATRIX_AXES, type Convention, type Counterpart } from '../../../shared/checkpoint/foreign/convention.js';
import { permute } from '../../../shared/checkpoint/foreign/permute.js';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import type { NamedArray } from '../../../shared/tensors/safetensors.js';
import { standardiseKernel } from '../describe/builder.js';
import { HEADS, type Exported } from '../exported.js';

/** Their layer that tells classes is called `head`. */
const headCounterparts = ({ arrays, answers = 'one' }: Exported, head: string): Counterpart[] =>
  arrays.flatMap((array) => {
    if (array.name === `${HEADS[answers]}/kernel`) return [{ ours: array, theirs: { name: `${head}.weight`, shape: MATRIX_AXES.map((axis) => array.shape[axis]!) }, axes: MATRIX_AXES }];
    return array.name === `${HEADS[answers]}/bias` ? [counterpartOf(array, `${head}.bias`)] : [];
  });

/** Throws PretextError BAD_ARGUMENT for an array that the library knows nothing like. */
export function toTheirs(exported: Exported, convention: Convention, head: string): readonly NamedArray[] {
  const trunk = exported.arrays.filter(({ name }) => name.startsWith('trunk/'));
  const counterparts = convention.counterparts(trunk);
  const missing = trunk.find(({ name }) => !counterparts.some(({ ours }) => ours.name === name));
  if (missing) throw new PretextError('BAD_ARGUMENT', `--format: ${convention.name} has nothing like "${missing.name}" of the model ${exported.model.name}.`, { hint: 'Export as safetensors, onnx or tfjs.' });
  const byName = new Map(exported.arrays.map((array) => [array.name, array]));
  const arrays = [...counterparts, ...(exported.classes ? headCounterparts(exported, head) : [])].map(({ ours, theirs, axes }) => {
    const { values } = byName.get(ours.name)!;
    return { ...theirs, values: axes ? permute(values, ours.shape, axes) : values };
  });
  return convention.join?.(arrays) ?? arrays;
}

/** With the kernels of convolutions as the trunk uses them, where it standardises them: nobody else does so. */
export function standardiseAll(exported: Exported): Exported {
  const arrays = exported.arrays.map((array) => (array.shape.length === 4 && array.name.startsWith('trunk/') ? { ...array, ...standardiseKernel(array) } : array));
  return { ...exported, arrays };
}
