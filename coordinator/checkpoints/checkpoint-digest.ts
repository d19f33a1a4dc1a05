// The digest of a checkpoint's values, without a layout: the file's own order is the layout's.

import { createHash } from 'node:crypto';
import { readSafetensors } from '../../shared/tensors/safetensors.js';

/** SHA-256 of the values, optimizer slots left out. */
export async function digestOfCheckpoint(path: string): Promise<string> {
  const { tensors } = await readSafetensors(path);
  const hash = createHash('sha256');
  for (const { name, values } of tensors) {
    if (!name.startsWith('optimizer/')) hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}
