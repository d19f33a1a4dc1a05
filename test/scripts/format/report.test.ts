import test from 'ava';
import type { StageReport } from '../../../coordinator/run/report.js';
import { formatReport } from '../../../scripts/format/report.js';
import { dropUndefined } from '../../../shared/drop-undefined.js';

const stage: StageReport = {
  stage: 1, recipeHash: 'r', manifestHash: 'm', task: 'rotation', model: 'convnet', seed: 1, steps: 4,
  samples: { planned: 8, committed: 8, duplicated: 0, missing: 0, quarantined: 1 }, rejectedFiles: [], quarantinedFiles: [],
  digest: 'd1', checkpoint: 'c1', loss: { first: 2, last: 1 }, workers: [{ id: 'w1', backend: 'simd', samples: 8 }], rollbacks: 0,
};

test('a run of one stage is what it was and where its result is', (t) => {
  const text = formatReport({ ...stage, digest: 'd1', checkpoint: 'c1', runId: 'id', lostLines: [], stages: [stage] });
  t.deepEqual(text.split('\n'), [
    'task        rotation, model convnet, 4 steps, seed 1',
    'init        random values of the seed',
    'samples     planned 8, committed 8, duplicated 0, missing 0, quarantined 1',
    'loss        2.000 at first, 1.000 at last',
    'workers     w1 (simd, 8 samples)',
    'digest      d1',
    'checkpoint  c1',
    '',
  ]);
});

test('reasons stand below the samples that could not be used, and a loss of none is called so', (t) => {
  const bad = { ...stage, quarantinedFiles: [{ path: 'a\u009b.jpg', code: 'DECODE_FAILED', reason: 'torn', samples: 2 }], loss: { first: null, last: 1 } };
  const lines = formatReport({ ...bad, digest: 'd1', checkpoint: 'c1', runId: 'id', lostLines: [], stages: [bad] }).split('\n');
  t.deepEqual(lines.slice(3, 5), ['            2 DECODE_FAILED: "a\\u009b.jpg": torn', 'loss        none at first, 1.000 at last']);
});

test('earlier stages are a line each, and lines that were lost are told', (t) => {
  const gone = { ...dropUndefined({ ...stage, stage: 2, digest: undefined }), name: 'run', init: { from: 'x.safetensors', blocks: 2, sha256: 'ab'.repeat(32) } } as StageReport;
  const last = { ...stage, stage: 3, name: 'jigsaws', digest: 'd3', checkpoint: 'c3', init: { from: 'stage', heads: true } };
  const named: StageReport = { ...stage, name: 'turns', verdict: { kind: 'learning', step: 4, text: 'accuracy 0.5' } };
  const lines = formatReport({ ...last, name: 'run', runId: 'id', lostLines: [{ path: 'm', lines: 2, reason: 'full' }], stages: [named, gone, last] }).split('\n');
  t.is(lines[0], 'stage 1     turns: rotation from random values of the seed, 4 steps, 8 of 8 samples, loss 1.000 at last, learning; digest d1');
  t.is(lines[1], 'stage 2     rotation from the first 2 blocks of the trunk of "x.safetensors" (SHA-256 abababababab...), 4 steps, 8 of 8 samples, loss 1.000 at last; its checkpoint is gone');
  t.is(lines[2], 'task        jigsaws: rotation, model convnet, 4 steps, seed 1');
  t.true(lines.includes('lost        2 lines of m: full'));
  t.true(lines.includes('init        the trunk, the head of the stage before'));
  t.true(lines.includes('digest      d3'));
});

test('names from files and workers do not drive the terminal', (t) => {
  const hostile = 'a\u001b[2J\n';
  const paths = ['1', '2', '3', hostile].map((path) => ({ path: path + hostile, code: 'DECODE_FAILED', reason: 'torn' }));
  const odd = { ...stage, rejectedFiles: paths, workers: [{ id: hostile, backend: 'simd', samples: 8 }] };
  const lines = formatReport({ ...odd, digest: 'd1', checkpoint: 'c1', runId: 'id', lostLines: [{ path: hostile, lines: 2, reason: hostile }], stages: [odd] }).split('\n');
  const shown = 'a\\u001b[2J\\u000a';
  t.deepEqual(lines.filter((line) => line.includes(shown)), [
    `files       4 could not be used: 1${shown}, 2${shown}, 3${shown} and 1 more`,
    `lost        2 lines of ${shown}: ${shown}`,
    `workers     ${shown} (simd, 8 samples)`,
  ]);
  t.false(lines.some((line) => line.includes('\u001b')));
});
