// What tells whether two checkpoints have the same trunk, bit for bit.

import { createHash } from 'node:crypto';
import { TRUNK } from '../../shared/checkpoint/transfer.js';
import { readSafetensors } from '../../shared/tensors/safetensors.js';

/** SHA-256 over the names and values of all arrays of the trunk, in the order of their names. */
export async function digestTrunk(path: string): Promise<string> {
  const { tensors } = await readSafetensors(path, (name) => name.startsWith(TRUNK));
  const hash = createHash('sha256');
  for (const { name, values } of [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    hash.update(`${name}\n`).update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}
