// A process that trains one benchmark network. Each message gives it a time; it trains so long and answers with its steps per second.

import { backends } from '../../worker/backends/index.js';
import { readMs } from './measure.js';
import type { Clock } from './measure.js';
import type { ScalingJob } from './scaling.js';
import { createTrainer } from './train.js';

const { backend, threads, network, batch } = JSON.parse(process.argv[2]!) as ScalingJob;
await backends[backend].start({ threads });
const trainer = createTrainer(network, batch);
for (let i = 0; i < 3; i++) await trainer.step();

async function countSteps({ seconds, clock }: { seconds: number; clock: Clock }): Promise<void> {
  const endMs = performance.now() + seconds * 1000;
  const startMs = readMs(clock);
  let steps = 0;
  for (; steps < 2 || performance.now() < endMs; steps++) await trainer.step();
  // Threads that run at once use their processor time at once.
  const elapsedMs = (readMs(clock) - startMs) / (clock === 'cpu' ? threads : 1);
  process.send?.((steps * 1000) / elapsedMs);
}

process.on('message', (wanted: Parameters<typeof countSteps>[0]) => void countSteps(wanted));
process.send?.('ready');
