// `npm run bench step`: the time of a training step of fixed networks, beside PyTorch's on the same threads in the same run.
// With `--workers N`, what N processes or N threads bring instead.

import { parseArgs } from 'node:util';
import { backends, chooseBackend } from '../../worker/backends/index.js';
import { startProfile, stopProfile } from '../../worker/backends/simd/profile.js';
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

function measureFirstMs(trainer: Trainer, clock: Clock): number {
  const startMs = readMs(clock);
  trainer.step();
  return readMs(clock) - startMs;
}

function benchNetwork(network: Network, options: Options): void {
  const { threads, seconds, clock, hasPeer } = options;
  const trainer = createTrainer(network);
  const firstMs = measureFirstMs(trainer, clock);
  const ours: Times[] = [];
  const theirs: Times[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(measureTimes(() => trainer.step(), options));
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

function profileNetwork(network: Network, numSteps: number): void {
  const trainer = createTrainer(network);
  for (let i = 0; i < 3; i++) trainer.step();
  startProfile();
  const start = performance.now();
  for (let i = 0; i < numSteps; i++) trainer.step();
  const stepMs = (performance.now() - start) / numSteps;
  const timings = stopProfile();
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
    if (values.profile) profileNetwork(network, 10);
    else benchNetwork(network, { ...timing, threads, hasPeer: problem === undefined });
  }
  await started.dispose();
}
