// The digests of a checkpoint without a layout: the file's own order is the layout's.

import { createHash } from 'node:crypto';
import { readSafetensors } from '../../shared/tensors/safetensors.js';

export interface CheckpointDigests {
  /** SHA-256 of the values: what replicas report. */
  readonly values: string;
  /** SHA-256 of the whole flat state: what the journal holds. */
  readonly state: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Throws PretextError BAD_STATE when the file is cut short or none. */
export async function digestsOfCheckpoint(path: string): Promise<CheckpointDigests> {
  const { tensors, metadata } = await readSafetensors(path);
  const ofValues = createHash('sha256');
  const ofState = createHash('sha256');
  for (const { name, values } of tensors) {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    if (!name.startsWith('optimizer/')) ofValues.update(bytes);
    ofState.update(bytes);
  }
  return { values: ofValues.digest('hex'), state: ofState.digest('hex'), metadata };
}
