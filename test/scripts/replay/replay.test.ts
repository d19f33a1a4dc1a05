// Steps of real runs computed again: the bits of the journal over rollbacks and quarantined samples, and what made a run not finite.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { checkpointPath } from '../../../coordinator/checkpoints/checkpoints.js';
import { entriesOfStage } from '../../../coordinator/journal/entries.js';
import { openJournal } from '../../../coordinator/journal/journal.js';
import { pathsOf } from '../../../coordinator/run/folder.js';
import { EXIT } from '../../../scripts/commands/exit-codes.js';
import { formatReplay } from '../../../scripts/format/replay.js';
import { replayRun, type ReplayOptions } from '../../../scripts/replay/replay-run.js';
import { makeImages } from '../../helpers/data.js';
import { startPretext, startRun, untilStep } from '../../helpers/processes.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

// The backend is one for the whole process.
const test = anyTest.serial as TestFn;

const FLAGS = [
  '--task', 'rotation', '--seed', '5', '--set', 'data.side=24', '--set', 'data.shortSide=28', '--set', 'data.holdout=0', '--set', 'model.options={width: 4, stages: 2}',
  '--set', 'batch.microbatches=5', '--set', 'batch.microbatchSize=4', '--set', 'checkpoint.everySteps=5', '--set', 'checkpoint.keep=9',
];

const usual = (run: string, step: number): ReplayOptions => ({ run, step, backend: 'simd', signal: new AbortController().signal });

test('steps have the bits of the journal, across a rollback and without the samples that did not count; other data, states and backends are told', async (t) => {
  t.timeout(90_000);
  const data = join(await makeTempFolder(t), 'data');
  await makeImages(data, 24);
  const broken = await readFile(join(data, '007.png'));
  await writeFile(join(data, '007.png'), broken.subarray(0, broken.length * 0.6));
  const run = await startRun(t, data, [...FLAGS, '--steps', '400']);
  run.startWorker('a', '--backend', 'simd');
  await untilStep(run.url, 14);
  run.coordinator.child.kill('SIGTERM');
  t.is(await run.coordinator.exited, EXIT.stopped, run.coordinator.output());

  // As a coordinator does whose workers are gone: what was made before is still what must be made again.
  const journal = await openJournal(pathsOf(run.out).journal);
  await journal.append({ type: 'rollback', stage: 1, to: 10, reason: 'nobody has it' });
  await journal.close();
  const commits = new Map(entriesOfStage(journal.entries, 1).flatMap((entry) => (entry.type === 'commit' ? [[entry.step, entry] as const] : [])));
  const chosen = [...commits.values()].findLast(({ step, unusable }) => step <= 11 && unusable.length === 1)!;
  const again = await replayRun(usual(run.out, chosen.step));
  const from = chosen.step === 11 ? 10 : chosen.step > 5 ? 5 : 0;
  t.deepEqual(again.comparison, { backends: [again.backend], isOneKind: true, steps: Array.from({ length: chosen.step - from }, (_, i) => from + 1 + i) });
  t.is(again.gradient, chosen.gradient);
  t.is(again.loss, chosen.loss);
  t.deepEqual(again.samples.flatMap(({ position, unusable }) => (unusable === undefined ? [] : [position])), chosen.unusable.map(({ position }) => position));
  t.is(again.samples.length, 20);
  t.is(again.firstFault, undefined);
  t.regex(formatReplay(again), /gradient as in the journal, the same bits\n[^]*all numbers are finite\n[^]* 007\.png {3}left out: DECODE_FAILED: The picture cannot be read/);

  const elsewhere = await replayRun({ ...usual(run.out, 11), backend: 'cpu' });
  t.is(elsewhere.start.from, 'the checkpoint of step 10');
  t.false(elsewhere.comparison.isOneKind);
  t.true(Math.abs(elsewhere.loss! - commits.get(11)!.loss!) < 1e-3);
  t.is(elsewhere.comparison.difference?.journal, commits.get(11)!.gradient);
  t.regex(formatReplay(elsewhere), /another gradient than in the journal[^]*computed on simd.*, this on cpu.*: bits may differ/);

  await t.throwsAsync(replayRun(usual(run.out, 4000)), { code: 'BAD_ARGUMENT', message: /the one that it could not make: 1 to 11\. Given --step 4000/ });
  await t.throwsAsync(replayRun({ ...usual(run.out, 1), stage: 2 }), { code: 'BAD_ARGUMENT' });

  const damaged = checkpointPath(join(run.out, 'checkpoints'), 10);
  const bytes = await readFile(damaged);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(damaged, bytes);
  const earlier = await replayRun(usual(run.out, 11));
  t.deepEqual(earlier.start, { step: 5, from: 'the checkpoint of step 5', rejected: [`"${damaged}" (step 10) is not used: its content is not what the journal says`] });
  t.is(earlier.comparison.steps.length, 6);
  t.is(earlier.comparison.difference, undefined);

  const crooked = await openJournal(pathsOf(run.out).journal, { recover: true });
  await crooked.append({ ...commits.get(11)!, stage: 1, gradient: 'f'.repeat(64) });
  await crooked.close();
  const wrong = await replayRun(usual(run.out, 11));
  t.deepEqual(wrong.comparison.difference, { step: 11, here: commits.get(11)!.gradient, journal: 'f'.repeat(64) });
  t.regex(formatReplay(wrong), /step 11: another gradient than in the journal[^]*a machine computed wrongly/);

  const counted = earlier.samples.find(({ unusable }) => unusable === undefined)!;
  await writeFile(join(data, counted.path), 'not a picture');
  await t.throwsAsync(replayRun(usual(run.out, 11)), { code: 'DATA_UNUSABLE', message: /counted a sample of ".+\.png", which cannot be used now/ });
});

test('a run that is not finite names the line that looks into its step, and that names layer and samples', async (t) => {
  t.timeout(90_000);
  const folder = await makeTempFolder(t);
  const [data, out] = [join(folder, 'data'), join(folder, 'run')];
  await makeImages(data, 24);
  const run = startPretext(t, ['run', '--data', data, '--out', out, ...FLAGS, '--steps', '60', '--workers', '1', '--backend', 'simd',
    '--set', 'optimizer.learningRate=1000', '--set', 'optimizer.schedule.name=constant']);
  t.is(await run.exited, EXIT.diverged, run.output());
  const [, line, step] = /pretext (replay .+ --step (\d+)) {2}shows which layer and samples it comes from\./.exec(run.output())!;
  const replay = startPretext(t, [...line!.split(' '), '--backend', 'simd']);
  t.is(await replay.exited, EXIT.done, replay.output());
  t.regex(replay.output(), new RegExp(`^step ${step} of 60 .*from the checkpoint of step ${Number(step) - 1}\n.*nothing to compare\nloss {8}NaN`));
  t.regex(replay.output(), /not finite {2}first in the activations of (trunk|head)\/\S+, microbatch \d/);
  t.regex(replay.output(), /\d +NaN {2}\d+\.png {3}not finite: loss/);
  const before = await replayRun(usual(out, Number(step) - 1));
  t.is(before.comparison.difference, undefined);
  t.is(before.firstFault, undefined);
});
