// `npm run bench gemm`: the best GFLOP/s of products of the shapes that convolutions have, beside PyTorch's.

import * as tf from '@tensorflow/tfjs-core';
import type { Command } from 'commander';
import { createRandom } from '../../shared/random/random.js';
import { backends, chooseBackend } from '../../worker/backends/index.js';
import { backendOption, threadsOption } from '../commands/options.js';
import { measureTimes } from './measure.js';
import type { Timing } from './measure.js';
import { cpuOption, readTiming, secondsOption } from './options.js';
import type { TimingFlags } from './options.js';
import { findPeer, measurePeerGemm } from './peer.js';

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

interface Flags extends TimingFlags {
  readonly backend: string;
  readonly threads: number;
}

async function benchGemm(flags: Flags): Promise<void> {
  const { threads } = flags;
  const timing = readTiming(flags);
  const started = await backends[await chooseBackend(flags.backend)].start({ threads });
  const peer = findPeer('cpu');
  console.log(`backend ${started.kind}, ${threads} thread(s), ${timing.clock} time; ${'problem' in peer ? peer.problem : peer.description}`);
  for (const shape of shapes) {
    const { M, N, K, transposeA, transposeB } = shape;
    const gigaflops = (ms: number): number => (2 * M * N * K) / ms / 1e6;
    const own = gigaflops(await measureOwnMs(shape, timing));
    const name = `${M}x${N}x${K}${transposeA ? ' A transposed' : ''}${transposeB ? ' B transposed' : ''}`;
    const theirs = 'problem' in peer ? undefined : gigaflops(measurePeerGemm({ ...shape, ...timing, threads }).bestMs);
    const rest = theirs === undefined ? '' : `  PyTorch ${theirs.toFixed(0)}  ratio ${(theirs / own).toFixed(2)}`;
    console.log(`${name.padEnd(28)} ${own.toFixed(1).padStart(6)} GFLOP/s${rest}`);
  }
  await started.dispose();
}

export function addGemmCommand(program: Command): void {
  program
    .command('gemm')
    .usage('-- [options]')
    .description('GFLOP/s of matrix products on a processor, of the shapes that convolutions have')
    .addOption(backendOption())
    .addOption(threadsOption())
    .addOption(secondsOption(1))
    .addOption(cpuOption())
    .action(benchGemm);
}
