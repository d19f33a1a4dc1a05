// `npm run bench step`: the time of a training step of fixed networks, beside PyTorch's on the same threads in the same run.
// With `--workers N`, what N processes or N threads bring instead.

import { parseArgs } from 'node:util';
import { backends, chooseBackend } from '../../worker/backends/index.js';
import { startProfile, stopProfile } from '../../worker/backends/simd/profile.js';
import type { KernelTiming } from '../../worker/backends/simd/profile.js';
import { profileKernels } from '../../worker/backends/webgpu/profile.js';
import { measureTimes, median, readMs } from './measure.js';
import type { Clock, Times, Timing } from './measure.js';
import { networks } from './networks.js';
import type { Network } from './networks.js';
import { findPeerProblem, measurePeer } from './peer.js';
import { benchScaling } from './scaling.js';
import { BATCH, createTrainer } from './train.js';
import type { Trainer } from './train.js';

/** Ours and the peer's turns alternate, so that a busy spell of the machine falls on both. */
const ROUNDS = 3;

interface Options extends Timing {
  readonly threads: number;
  readonly hasPeer: boolean;
}

async function measureFirstMs(trainer: Trainer, clock: Clock): Promise<number> {
  const startMs = readMs(clock);
  await trainer.step();
  return readMs(clock) - startMs;
}

async function benchNetwork(network: Network, options: Options): Promise<void> {
  const { threads, seconds, clock, hasPeer } = options;
  const trainer = createTrainer(network);
  const firstMs = await measureFirstMs(trainer, clock);
  const ours: Times[] = [];
  const theirs: Times[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await measureTimes(() => trainer.step(), options));
    if (hasPeer) theirs.push(measurePeer({ type: 'step', network, batch: BATCH, threads, seconds, clock }));
  }
  trainer.dispose();
  console.log(`${network.name.padEnd(16)} ${describe(ours)}  (first step ${firstMs.toFixed(0)} ms)`);
  if (!hasPeer) return;
  const ratio = medianOf(ours) / medianOf(theirs);
  const bestRatio = bestOf(ours) / bestOf(theirs);
  console.log(`${'  PyTorch'.padEnd(16)} ${describe(theirs)}  ratio ${ratio.toFixed(2)}, of the best ${bestRatio.toFixed(2)}`);
}

const medianOf = (rounds: readonly Times[]): number => median(rounds.map(({ medianMs }) => medianMs));
const bestOf = (rounds: readonly Times[]): number => Math.min(...rounds.map(({ bestMs }) => bestMs));
const describe = (rounds: readonly Times[]): string => `${medianOf(rounds).toFixed(1)} ms, best ${bestOf(rounds).toFixed(1)}`;

/** The kernels of some steps: on a GPU by its own clock, else as long as each call took. */
async function profileSteps(trainer: Trainer, numSteps: number, isGpu: boolean): Promise<readonly KernelTiming[]> {
  const run = async (): Promise<void> => {
    for (let i = 0; i < numSteps; i++) await trainer.step();
  };
  if (isGpu) return profileKernels(run);
  startProfile();
  await run();
  return stopProfile();
}

async function profileNetwork(network: Network, numSteps: number, isGpu: boolean): Promise<void> {
  const trainer = createTrainer(network);
  for (let i = 0; i < 3; i++) await trainer.step();
  const start = performance.now();
  const timings = await profileSteps(trainer, numSteps, isGpu);
  const stepMs = (performance.now() - start) / numSteps;
  trainer.dispose();
  console.log(`${network.name}: ${stepMs.toFixed(1)} ms a step`);
  for (const { name, isFallback, numCalls, totalMs } of timings) {
    const share = `${(totalMs / numSteps).toFixed(2)} ms`.padStart(10);
    console.log(`  ${share}  ${(numCalls / numSteps).toFixed(0).padStart(4)} calls  ${name}${isFallback ? '  FALLBACK to JavaScript' : ''}`);
  }
}

export async function benchStep(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      backend: { type: 'string', default: 'auto' },
      threads: { type: 'string', default: '1' },
      seconds: { type: 'string', default: '3' },
      cpu: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      workers: { type: 'string' },
    },
  });
  const threads = Number(values.threads);
  const timing = { seconds: Number(values.seconds), clock: values.cpu ? 'cpu' : 'wall' } as const;
  const chosen = networks.filter(({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)));
  const backend = await chooseBackend(values.backend);
  if (values.workers !== undefined) {
    for (const { name } of chosen) await benchScaling({ backend, network: name, workers: Number(values.workers), ...timing });
    return;
  }
  const started = await backends[backend].start({ threads });
  const problem = findPeerProblem();
  console.log(`backend ${started.kind}, ${threads} thread(s), batch ${BATCH}, ${timing.clock} time${problem === undefined ? '' : `; ${problem}`}`);
  for (const network of chosen) {
    if (values.profile) await profileNetwork(network, 10, backend === 'webgpu');
    else await benchNetwork(network, { ...timing, threads, hasPeer: problem === undefined });
  }
  await started.dispose();
}
