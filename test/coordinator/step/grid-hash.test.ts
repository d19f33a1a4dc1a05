import { createHash } from 'node:crypto';
import test from 'ava';
import { createStepRecord } from '../../../coordinator/step/record.js';
import { createGridHash, GRID_LENGTH } from '../../../coordinator/step/grid-hash.js';
import { freshRandom } from '../../helpers/numerics.js';

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

function valuesOf(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(i));
}

/** The definition: SHA-256 over the digests of every 256 KiB. */
function hashBytes(values: Float32Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const digests: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 262_144) digests.push(sha256(bytes.subarray(at, at + 262_144)));
  return sha256(Buffer.concat(digests)).toString('hex');
}

for (const length of [0, 1, GRID_LENGTH - 1, GRID_LENGTH, GRID_LENGTH + 1, 3 * GRID_LENGTH + 17]) {
  test(`${length} elements that become final in any pieces and order have the hash of the whole`, (t) => {
    const { random, seed } = freshRandom();
    t.log(`seed ${seed}`);
    const values = valuesOf(length);
    for (const pieceLength of [length, 1000, 65_536, 100_003]) {
      const hash = createGridHash(values);
      const numPieces = Math.ceil(length / Math.max(1, pieceLength));
      for (const piece of random.permutation(numPieces)) hash.add(piece * pieceLength, Math.min(pieceLength, length - piece * pieceLength));
      t.is(hash.digest(), hashBytes(values), `pieces of ${pieceLength}`);
    }
  });
}

test('a step has one hash, however its sums are cut into chunks, and another for another sum', (t) => {
  const values = valuesOf(2 * GRID_LENGTH + 5);
  const hashOf = (chunkLength: number, gradient: Float32Array): string => {
    const record = createStepRecord({ step: 1, microbatches: 1, reducer: 'treeSum', sum: new Float32Array(gradient.length), chunkLength, onReduced() {} });
    record.addComputed({ type: 'computed', step: 1, microbatch: 0, weights: {}, terms: {}, metrics: {}, unusable: [], ms: 1 }, 'a');
    for (let offset = 0; offset < gradient.length; offset += chunkLength) {
      const message = { type: 'partial', step: 1, level: 0, index: 0, offset, total: gradient.length } as const;
      record.addPartial(message, gradient.slice(offset, offset + chunkLength), 'a');
    }
    return record.totals().gradient;
  };
  t.is(hashOf(1024, values), hashBytes(values));
  t.is(hashOf(50_000, values), hashBytes(values));
  t.not(hashOf(50_000, values.with(70_000, 0)), hashBytes(values));
});

test('a sum that is not whole has no hash', (t) => {
  const hash = createGridHash(valuesOf(10));
  hash.add(0, 4);
  t.throws(() => hash.digest(), { message: /chunk 0 .* 6 elements are missing/ });
});
