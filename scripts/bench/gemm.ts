// `npm run bench gemm`: the best GFLOP/s of products of the shapes that convolutions have, beside PyTorch's.

import * as tf from '@tensorflow/tfjs-core';
import { parseArgs } from 'node:util';
import { createRandom } from '../../shared/random/random.js';
import { backends, chooseBackend } from '../../worker/backends/index.js';
import { measureTimes } from './measure.js';
import type { Timing } from './measure.js';
import { findPeerProblem, measurePeer } from './peer.js';

const shapes = [
  { M: 1024, N: 1024, K: 1024, transposeA: false, transposeB: false },
  { M: 32768, N: 32, K: 27, transposeA: false, transposeB: false },
  { M: 8192, N: 64, K: 288, transposeA: false, transposeB: false },
  { M: 2048, N: 128, K: 576, transposeA: false, transposeB: false },
  { M: 288, N: 64, K: 8192, transposeA: true, transposeB: false },
  { M: 8192, N: 288, K: 64, transposeA: false, transposeB: true },
] as const;

type Shape = (typeof shapes)[number];

async function measureOwnMs({ M, N, K, transposeA, transposeB }: Shape, timing: Timing): Promise<number> {
  const random = createRandom({ seed: 1, epoch: 0, sample: 0, purpose: 'bench gemm' });
  const fill = (rows: number, columns: number): tf.Tensor2D =>
    tf.tensor2d(Float32Array.from({ length: rows * columns }, () => random.uniform(-1, 1)), [rows, columns]);
  const a = transposeA ? fill(K, M) : fill(M, K);
  const b = transposeB ? fill(N, K) : fill(K, N);
  const { bestMs } = await measureTimes(() => tf.matMul(a, b, transposeA, transposeB).dispose(), timing);
  tf.dispose([a, b]);
  return bestMs;
}

export async function benchGemm(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      backend: { type: 'string', default: 'auto' },
      threads: { type: 'string', default: '1' },
      seconds: { type: 'string', default: '1' },
      cpu: { type: 'boolean', default: false },
    },
  });
  const threads = Number(values.threads);
  const timing = { seconds: Number(values.seconds), clock: values.cpu ? 'cpu' : 'wall' } as const;
  const started = await backends[await chooseBackend(values.backend)].start({ threads });
  const problem = findPeerProblem();
  console.log(`backend ${started.kind}, ${threads} thread(s), ${timing.clock} time${problem === undefined ? '' : `; ${problem}`}`);
  for (const shape of shapes) {
    const { M, N, K, transposeA, transposeB } = shape;
    const gigaflops = (ms: number): number => (2 * M * N * K) / ms / 1e6;
    const own = gigaflops(await measureOwnMs(shape, timing));
    const name = `${M}x${N}x${K}${transposeA ? ' A transposed' : ''}${transposeB ? ' B transposed' : ''}`;
    const peer = problem === undefined ? gigaflops(measurePeer({ type: 'gemm', ...shape, ...timing, threads }).bestMs) : undefined;
    const rest = peer === undefined ? '' : `  PyTorch ${peer.toFixed(0)}  ratio ${(peer / own).toFixed(2)}`;
    console.log(`${name.padEnd(28)} ${own.toFixed(1).padStart(6)} GFLOP/s${rest}`);
  }
  await started.dispose();
}
