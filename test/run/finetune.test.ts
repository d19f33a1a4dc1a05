// Fine-tuning by its command, on real processes: the same bits on one worker and two, killed and gone on with; a frozen trunk that is.

import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import type { FullReport } from '../../scripts/actions/pretrain.js';
import { readSafetensors, type NamedArray } from '../../shared/tensors/safetensors.js';
import { makeCheckpoint, smallRecipe } from '../helpers/checkpoints.js';
import { makeImages } from '../helpers/data.js';
import { IS_LONG } from '../helpers/long.js';
import { startPretext, temporaryFolder, until, type Process } from '../helpers/processes.js';

const test = anyTest.serial as TestFn;

interface Given {
  readonly folder: string;
  readonly trunk: string;
  readonly args: readonly string[];
}

/** A trunk with batch norm, and labelled pictures: 4 steps of the head alone, 24 of all. */
async function give(t: ExecutionContext): Promise<Given> {
  const folder = await temporaryFolder(t);
  for (const name of ['a', 'b']) {
    await makeImages(join(folder, 'images/train', name), 16);
    await makeImages(join(folder, 'images/test', name), 3);
  }
  const trunk = join(folder, 'trunk.safetensors');
  const { model, ...recipe } = smallRecipe('rotation');
  await makeCheckpoint(trunk, { ...recipe, model: { ...model, options: { ...model.options, norm: 'batch' } } });
  const sets = ['batch.microbatches=2', 'batch.microbatchSize=4', 'digest.everySteps=2', 'evaluate.maxItems=6'].flatMap((set) => ['--set', set]);
  return { folder, trunk, args: ['finetune', '--data', join(folder, 'images'), '--init', trunk, '--epochs', '6', ...sets] };
}

async function finish(run: Process, out: string): Promise<FullReport> {
  const code = await run.exited;
  if (code !== 0) throw new Error(`ended with ${code}:\n${run.output()}`);
  return JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as FullReport;
}

const digestsOf = ({ stages }: FullReport): unknown => stages.map(({ digest }) => digest);

async function arraysOf(path: string): Promise<ReadonlyMap<string, NamedArray['values']>> {
  const { tensors } = await readSafetensors(path);
  return new Map(tensors.map(({ name, values }) => [name, values]));
}

/** Waits for a line of the metrics of that step. */
const untilTrained = (out: string, stage: number, step: number): Promise<true> => until(`step ${step} of stage ${stage}`, async () => {
  const text = await readFile(join(out, 'metrics.ndjson'), 'utf8').catch(() => '');
  return text.includes(`{"stage":${stage},"step":${step},`) ? true : undefined;
});

test('two workers that are killed and gone on with by the same line have the bits of one; a frozen trunk is that of the file to the bit', async (t) => {
  t.timeout(120_000);
  const { folder, trunk, args } = await give(t);
  const [alone, together] = [join(folder, 'alone'), join(folder, 'together')];
  const frozen = [...args, '--norms', 'frozen'];
  const first = startPretext(t, [...frozen, '--out', alone]);
  const again = [...frozen, '--workers', '2', '--out', together, '--resume-or-start'];
  const killed = startPretext(t, again);
  await untilTrained(together, 2, 3);
  killed.child.kill('SIGKILL');
  await killed.exited;
  const journal = await readFile(join(together, 'journal.ndjson'), 'utf8');
  t.true(journal.split('"type":"commit"').length - 1 < 28, 'it was over before it was killed');
  const expected = await finish(first, alone);
  const report = await finish(startPretext(t, again), together);
  t.deepEqual(digestsOf(report), digestsOf(expected));
  t.is(report.stages.length, 2);
  t.regex(first.output(), /^init +the trunk convnet of ".*trunk\.safetensors" \(rotation, step 3 of stage 1\); the head is new\n/m);
  t.regex(first.output(), /\naccuracy on 6 held-out items: \d+\.\d % \(standard error .*, chance 50\.0 %\)\n/);

  const [given, kept, all] = [await arraysOf(trunk), await arraysOf(report.stages[0]!.checkpoint!), await arraysOf(report.checkpoint)];
  const begun = await arraysOf(join(together, 'stages/2/checkpoints/step-000000.safetensors'));
  const ofTrunk = [...given].filter(([name]) => name.startsWith('trunk/'));
  t.true(ofTrunk.some(([name]) => name.endsWith('/variance')));
  for (const [name, values] of ofTrunk) {
    t.deepEqual(kept.get(name), values, `${name} stays`);
    t.notDeepEqual(all.get(name), values, `${name} is trained afterwards`);
  }
  t.deepEqual(begun.get('head/class/kernel'), kept.get('head/class/kernel'), 'the head comes along');
  for (const [name, values] of begun) if (name.startsWith('optimizer/')) t.true(values.every((value) => value === 0), name);
});

test('a test of learning rates ends where losses explode, suggests rates below that, and leaves nothing behind', async (t) => {
  const { folder, args } = await give(t);
  const temporary = join(folder, 'temporary');
  await mkdir(temporary);
  const picture = join(folder, 'rates.svg');
  const flags = ['--all', '--steps', '40', '--set', 'optimizer.learningRate=1000', '--set', 'optimizer.schedule.options.first=1e-10', '--json', '--draw', picture];
  const run = startPretext(t, ['find-rate', ...args.slice(1, 5), ...flags], { TMPDIR: temporary });
  t.is(await run.exited, 0, run.output());
  const { points, suggestions } = JSON.parse(run.output()) as { points: { rate: number; smooth: number | null }[]; suggestions: { valley: number; steep: number } };
  t.true(points.length < 40, `${points.length} points`);
  points.forEach(({ rate }, k) => t.true(Math.abs(rate / (1e-7 * 10 ** ((10 * k) / 40)) - 1) < 1e-9));
  for (const rate of Object.values(suggestions)) t.true(rate > points[3]!.rate && rate < points.at(-5)!.rate);
  t.regex(await readFile(picture, 'utf8'), /^<svg /);
  t.deepEqual((await readdir(temporary)).filter((name) => name.startsWith('pretext-rates-')), []);
});

// `npm run test:long` tries the other presets; what differs in them is which groups are frozen when.
for (const preset of IS_LONG ? ['gradual', 'full', 'linear'] as const : []) {
  test(`${preset}, with normalisation that is trained where it may be: the same bits on two workers as on one`, async (t) => {
    t.timeout(180_000);
    const { folder, args } = await give(t);
    const outs = ['1', '2'].map((workers) => ({ out: join(folder, workers), workers }));
    const reports = await Promise.all(outs.map(({ out, workers }) => finish(startPretext(t, [...args, '--preset', preset, '--workers', workers, '--out', out]), out)));
    t.deepEqual(digestsOf(reports[1]!), digestsOf(reports[0]!));
  });
}
