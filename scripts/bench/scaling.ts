// What more processes and more threads bring: training steps per second of one process of one thread, of several at once, and of
// one process with as many threads. Processor time shows how much they hinder each other, even on a machine with other work; only
// wall time shows what threads lose by waiting for each other.

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { median } from '../data/median.js';
import type { BackendName } from '../../worker/backends/index.js';
import type { Timing } from './measure.js';
import type { Network } from './networks.js';

const WORKER = fileURLToPath(new URL('./scaling-worker.js', import.meta.url));
/** The three take turns, so that a busy spell of the machine falls on all of them. */
const ROUNDS = 5;

/** What a process is to train. */
export interface ScalingJob {
  readonly backend: BackendName;
  readonly threads: number;
  readonly network: Network;
  readonly batch: number;
}

export interface ScalingOptions extends Timing, Omit<ScalingJob, 'threads'> {
  readonly workers: number;
}

async function startWorker({ backend, network, batch }: ScalingOptions, threads: number): Promise<ChildProcess> {
  const worker = fork(WORKER, [JSON.stringify({ backend, threads, network, batch } satisfies ScalingJob)]);
  await once(worker, 'message');
  return worker;
}

async function measureSpeed(workers: readonly ChildProcess[], { seconds, clock }: Timing): Promise<number> {
  const answers = workers.map((worker) => once(worker, 'message') as Promise<[number]>);
  for (const worker of workers) worker.send({ seconds, clock });
  return (await Promise.all(answers)).reduce((sum, [speed]) => sum + speed, 0);
}

/** Prints a line: the speeds, each also as a multiple of that of one process. */
export async function benchScaling(options: ScalingOptions): Promise<void> {
  const { network, workers: numWorkers } = options;
  const single = await Promise.all(Array.from({ length: numWorkers }, () => startWorker(options, 1)));
  const threaded = await startWorker(options, numWorkers);
  const rounds: { readonly one: number; readonly several: number; readonly threads: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const one = await measureSpeed(single.slice(0, 1), options);
    rounds.push({ one, several: await measureSpeed(single, options), threads: await measureSpeed([threaded], options) });
  }
  for (const worker of [...single, threaded]) worker.kill();
  const describe = (key: 'several' | 'threads'): string => {
    const ratio = median(rounds.map((round) => round[key] / round.one));
    return `${median(rounds.map((round) => round[key])).toFixed(2)} (${ratio.toFixed(2)} times)`;
  };
  const one = median(rounds.map((round) => round.one)).toFixed(2);
  console.log(`${network.name.padEnd(16)} steps/s: one ${one}, ${numWorkers} processes ${describe('several')}, ${numWorkers} threads ${describe('threads')}`);
}
