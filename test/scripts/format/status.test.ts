import test from 'ava';
import { formatDuration, formatStatus, statusSchema } from '../../../scripts/format/status.js';

test('a status is a few lines and a table of workers', (t) => {
  const status = statusSchema.parse({
    run: 'r1', state: 'running', step: 120, steps: 1000, loss: 2.30258, samplesPerSecond: 145.678, etaS: 384, rejected: 1,
    workers: [{ id: 'w1', state: 'computing', step: 120, samples: 7680 }, { id: 'worker-2', state: 'ready', host: 'b\u001b[2J' }],
  });
  t.is(formatStatus(status), [
    'run r1: running',
    'step 120/1000 (12 %), loss 2.303, 145.7 samples/s, 6 min 24 s to go',
    'files left out: 1',
    '',
    'id        state      step  samples  host',
    'w1        computing  120   7680     -',
    'worker-2  ready      -     -        b\\u001b[2J',
    '',
  ].join('\n'));
});

test('a run that waits says why', (t) => {
  const status = statusSchema.parse({ run: 'r1', state: 'waiting', waiting: 'no worker is left', step: 0, steps: 10, loss: null, workers: [] });
  t.is(formatStatus(status), 'run r1: waiting\nstep 0/10 (0 %)\nwaiting: no worker is left\n\nno workers\n');
});

test('a run that is paused says how it goes on', (t) => {
  const status = statusSchema.parse({ run: 'r1', state: 'paused', step: 5, steps: 10, workers: [] });
  t.is(formatStatus(status).split('\n')[0], 'run r1: paused (pretext continue goes on)');
});

test('a run of several stages says which, and what a full disk cost', (t) => {
  const status = statusSchema.parse({
    run: 'r1', state: 'running', stage: 2, stages: 3, step: 5, steps: 10, workers: [], quarantined: 4,
    lostLines: [{ path: 'metrics.ndjson', lines: 7, reason: 'the disk is full' }],
  });
  t.is(formatStatus(status), [
    'run r1: running', 'stage 2/3, step 5/10 (50 %)', 'samples quarantined: 4', 'lines lost in metrics.ndjson: 7 (the disk is full)', '', 'no workers', '',
  ].join('\n'));
});

test('a run that was looked at says what was found, and where its best checkpoint is', (t) => {
  const status = statusSchema.parse({
    run: 'r1', state: 'running', step: 5, steps: 10, workers: [], verdict: { kind: 'learning', text: 'accuracy 0.5.' },
    look: { step: 4, look: { held: { metrics: { accuracy: { mean: 0.45678, standardError: 0.1 }, other: { mean: null } } }, knn: { trained: 0.5, untrained: 0.25 } } },
    best: { step: 2, metric: 'knn', value: 0.75, checkpoint: 'checkpoints/best.safetensors' },
  });
  t.is(formatStatus(status), [
    'run r1: running', 'step 5/10 (50 %)', 'learning: accuracy 0.5.', 'held-out items at step 4: accuracy 0.4568, kNN 0.5 (untrained 0.25)',
    'best checkpoint: checkpoints/best.safetensors (step 2, knn 0.75)', '', 'no workers', '',
  ].join('\n'));
});

test('durations are read at a glance', (t) => {
  t.deepEqual([0.4, 45, 59.6, 200, 7500, 273_600].map(formatDuration), ['0 s', '45 s', '1 min 0 s', '3 min 20 s', '2 h 5 min', '3 d 4 h']);
});
