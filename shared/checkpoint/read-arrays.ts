// The arrays of a checkpoint file, by our names, whether we wrote it or another library did.

import type { StoredArrays } from '../tensors/safetensors.js';
import { readHeader, readSafetensors } from '../tensors/safetensors.js';
import { recognise } from './foreign/index.js';
import { throwOnUnknownNames, translate, type TargetTrunk } from './foreign/translate.js';
import { TRUNK } from './transfer.js';

export interface ReadArrays extends StoredArrays {
  /** The library whose names the file has, where that is not ours. */
  readonly convention?: string;
}

/**
 * Reads what is wanted, of a file of ours, or the whole trunk of a file of another library, which must fit. `others` are the names that
 * were left out. Throws PretextError BAD_STATE and BAD_RECIPE with what does not fit.
 */
export async function readArrays(path: string, isWanted: (name: string) => boolean, target: TargetTrunk): Promise<ReadArrays> {
  const names = (await readHeader(path)).arrays.map(({ name }) => name);
  if (names.some((name) => name.startsWith(TRUNK))) return readSafetensors(path, isWanted);
  const convention = recognise(names) ?? throwOnUnknownNames(path, names);
  const { tensors: arrays, others, metadata } = await readSafetensors(path, (name) => convention.leftOut(name) === undefined);
  const tensors = translate({ path, convention, arrays, metadata }, target);
  return { tensors, others, metadata, convention: convention.name };
}
