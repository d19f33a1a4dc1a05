// A process that does one job and sends the answer. A process for each job gives all memory back, and a driver that fails takes
// nothing else with it.

import { backends } from '../../worker/backends/index.js';
import type { BackendName } from '../../worker/backends/index.js';
import { messageOf } from '../../shared/errors/pretext-error.js';
import { measureTimes, readMs } from './measure.js';
import type { Times, Timing } from './measure.js';
import type { Network } from './networks.js';
import { profileTrainer } from './step-profile.js';
import type { Profile } from './step-profile.js';
import { createTrainer } from './train.js';

interface Training {
  readonly network: Network;
  readonly batch: number;
  readonly timing: Timing;
}

export type Job = { readonly backend: BackendName; readonly threads: number } & (
  | { readonly type: 'describe' }
  | ({ readonly type: 'measure' | 'profile' } & Training)
);

export interface Turn {
  readonly numParameters: number;
  readonly firstMs: number;
  readonly times: Times;
}

/** By the job's type; what it describes is the backend's kind. */
export interface Answers {
  readonly describe: string;
  readonly measure: Turn;
  readonly profile: Profile;
}

export type Reply<Type extends Job['type'] = Job['type']> = { readonly answer: Answers[Type] } | { readonly problem: string };

async function measure({ network, batch, timing }: Training): Promise<Turn> {
  const trainer = createTrainer(network, batch);
  const startMs = readMs(timing.clock);
  await trainer.step();
  const firstMs = readMs(timing.clock) - startMs;
  return { numParameters: trainer.numParameters, firstMs, times: await measureTimes(() => trainer.step(), timing) };
}

async function work(job: Job): Promise<Answers[Job['type']]> {
  const { kind } = await backends[job.backend].start({ threads: job.threads });
  switch (job.type) {
    case 'describe': return kind;
    case 'measure': return measure(job);
    case 'profile': return profileTrainer(createTrainer(job.network, job.batch), job.backend, job.timing);
    default: return job satisfies never;
  }
}

process.on('message', (job: Job) => {
  void work(job)
    .then((answer): Reply => ({ answer }), (error: unknown): Reply => ({ problem: messageOf(error) }))
    .then((reply) => process.send?.(reply));
});
