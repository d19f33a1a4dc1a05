// SHA-256 of an array's bytes: two replicas are equal when their digests are.

import { createHash } from 'node:crypto';

/** Hexadecimal, 64 digits. */
export function digestOf(values: Float32Array): string {
  return createHash('sha256').update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)).digest('hex');
}
