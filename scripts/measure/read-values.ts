// The arrays of a checkpoint that a layout asks for.

import { readArrays } from '../../shared/checkpoint/read-arrays.js';
import { TRUNK } from '../../shared/checkpoint/transfer.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Layout } from '../../shared/state/layout.js';
import { readHeader } from '../../shared/tensors/safetensors.js';

/** Values of the whole layout, [valuesLength]. Throws PretextError BAD_STATE where the file has other arrays; a file of another library has those of the trunk alone. */
export async function readValues(path: string, { entries, valuesLength }: Pick<Layout, 'entries' | 'valuesLength'>): Promise<Float32Array> {
  const wanted = new Set(entries.map(({ name }) => name));
  // Whoever opened weights of another library knew their model by them, so that its options need no check.
  const { tensors } = await readArrays(path, (name) => wanted.has(name), { arrays: entries.filter(({ name }) => name.startsWith(TRUNK)) });
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const flat = new Float32Array(valuesLength);
  for (const { name, shape, offset } of entries) {
    const tensor = byName.get(name);
    if (!tensor || tensor.shape.join() !== shape.join()) {
      throw new PretextError('BAD_STATE', `"${path}" does not have "${name}" of shape [${shape.join(', ')}].`, { hint: 'Is it a checkpoint of this run?' });
    }
    flat.set(tensor.values, offset);
  }
  return flat;
}

/** Likewise the values of the trunk's arrays, zeros for all others. */
export const readTrunk = (path: string, { entries, valuesLength }: Pick<Layout, 'entries' | 'valuesLength'>): Promise<Float32Array> =>
  readValues(path, { entries: entries.filter(({ name }) => name.startsWith(TRUNK)), valuesLength });

const BANK = /(^|\/)bank$/;

/** How many items a lone file was trained on, by the rows of its bank; 0 where it has none. */
export async function countInstances(path: string): Promise<number> {
  const { arrays } = await readHeader(path);
  return arrays.find(({ name }) => BANK.test(name) && !name.startsWith('optimizer/'))?.shape[0] ?? 0;
}
