// Runs of several stages on real processes: the same bits whatever dies, what a stage begins from, and the proof.

import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { EXIT } from '../../scripts/commands/exit-codes.js';
import { readSafetensors, type NamedArray } from '../../shared/tensors/safetensors.js';
import { makeImages } from '../helpers/data.js';
import { PRETEXT, fetchStatus, startPretext, startRun, temporaryFolder, until, type TestRun } from '../helpers/processes.js';

const test = anyTest.serial as TestFn;

const RECIPE = `
task: {name: rotation}
data: {side: 24, shortSide: 28}
batch: {microbatches: 4, microbatchSize: 4}
checkpoint: {everySteps: 8}
digest: {everySteps: 4}
model: {name: convnet, options: {width: 8, stages: 3}}
stages:
  - {seed: 1, steps: 12}
  - {seed: 2, steps: 20, optimizer: {name: adamw, learningRate: 0.001}, init: {from: stage, blocks: 2}}
`;

/** Each stage another task on the trunk of the one before. */
const TASKS = `
data: {side: 24, shortSide: 28}
batch: {microbatches: 4, microbatchSize: 4}
model: {name: vit, options: {patch: 6, width: 16, depth: 4, heads: 2}}
stages:
  - {task: {name: rotation}, steps: 6}
  - {task: {name: mae}, steps: 6, optimizer: {name: adamw, learningRate: 0.001}}
  - {task: {name: moco}, steps: 4, init: {from: stage, blocks: 1}}
`;

let folder: string;
let images: string;
let recipe: string;
/** Digests of the stages of an undisturbed run, and its folder. */
let reference: { digests: readonly (string | undefined)[]; out: string };

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pretext-stages-'));
  images = join(folder, 'images');
  recipe = join(folder, 'recipe.yaml');
  await makeImages(images);
  await writeFile(recipe, RECIPE);
});

test.after.always(() => rm(folder, { recursive: true, force: true }));

const start = (t: ExecutionContext, file = recipe): Promise<TestRun> => startRun(t, images, [file]);
const verify = (out: string): string => execFileSync(process.execPath, [PRETEXT, 'verify', out], { encoding: 'utf8' });

async function expectSameBits(t: ExecutionContext, run: TestRun, coordinator = run.coordinator): Promise<void> {
  const report = await run.finish(coordinator);
  t.deepEqual(report.stages.map(({ digest }) => digest), reference.digests);
  t.is(report.digest, reference.digests[1]!);
  t.regex(verify(run.out), /^proved: .*2 stages, 32 steps/);
}

const untilStage = (url: string, stage: number, step: number) => until(`step ${step} of stage ${stage}`, async () => {
  const status = await fetchStatus(url);
  return status && status.stage === stage && status.step >= step ? status : undefined;
});

async function arraysOf(path: string): Promise<ReadonlyMap<string, NamedArray>> {
  const { tensors } = await readSafetensors(path);
  return new Map(tensors.map((tensor) => [tensor.name, tensor]));
}

test('one worker runs both stages, the second from the first blocks of the first', async (t) => {
  t.timeout(120_000);
  const out = join(folder, 'reference');
  const run = await startRun(t, images, [recipe, '--out', out]);
  const worker = run.startWorker('alone');
  const report = await run.finish();
  t.is(await worker.exited, 0, worker.output());
  t.notRegex(worker.output(), /connection lost/);
  reference = { digests: report.stages.map(({ digest }) => digest), out };
  t.log(`stages: ${reference.digests.join(', ')}`);
  t.like(report, { stage: 2, steps: 20, seed: 2, init: { from: 'stage', blocks: 2 } });
  t.regex(verify(out), /^proved/);

  const last = await arraysOf(report.stages[0]!.checkpoint!);
  const first = await arraysOf(join(out, 'stages/2/checkpoints/step-000000.safetensors'));
  for (const [name, { values }] of first) {
    if (name.startsWith('optimizer/')) t.true(values.every((value) => value === 0), name);
    else if (/^trunk\/stage[12]\//.test(name)) t.deepEqual(values, last.get(name)!.values, name);
    else if (name.endsWith('kernel')) t.notDeepEqual(values, last.get(name)!.values, name);
  }
});

test('two workers give the same bits in both stages', async (t) => {
  t.timeout(120_000);
  const run = await start(t);
  run.startWorker('a');
  run.startWorker('b');
  await expectSameBits(t, run);
  const lines = (await readFile(join(run.out, 'metrics.ndjson'), 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line) as { stage: number; step: number });
  t.deepEqual(lines.map(({ stage, step }) => [stage, step]), [12, 20].flatMap((steps, i) => Array.from({ length: steps }, (_, s) => [i + 1, s + 1])));
});

test('in the second stage, everybody lost before its first checkpoint, everything killed after it and a coordinator killed beside its workers change no bits', async (t) => {
  t.timeout(180_000);
  const run = await start(t);
  const victim = run.startWorker('victim');
  await untilStage(run.url, 2, 1);
  victim.child.kill('SIGKILL');

  const next = run.startWorker('next');
  await untilStage(run.url, 2, 10);
  run.coordinator.child.kill('SIGKILL');
  next.child.kill('SIGKILL');
  await Promise.all([run.coordinator.exited, next.exited]);

  const second = run.resume();
  const workers = [run.startWorker('a'), run.startWorker('b')];
  await untilStage(run.url, 2, 12);
  second.child.kill('SIGKILL');
  await second.exited;
  await expectSameBits(t, run, run.resume());
  t.deepEqual(await Promise.all(workers.map(({ exited }) => exited)), [0, 0]);
});

test('a trunk goes from task to task with the same bits on one worker and two, teachers following it', async (t) => {
  t.timeout(120_000);
  const file = join(folder, 'tasks.yaml');
  await writeFile(file, TASKS);
  const runs = [await start(t, file), await start(t, file)] as const;
  runs[0].startWorker('alone');
  for (const name of ['a', 'b']) runs[1].startWorker(name);
  const [alone, together] = await Promise.all(runs.map((run) => run.finish()));
  t.deepEqual(alone!.stages.map(({ task }) => task), ['rotation', 'mae', 'moco']);
  t.deepEqual(together!.stages.map(({ digest }) => digest), alone!.stages.map(({ digest }) => digest));

  const last = await arraysOf(alone!.stages[1]!.checkpoint!);
  const first = await arraysOf(join(runs[0].out, 'stages/3/checkpoints/step-000000.safetensors'));
  const block = [...first].filter(([name]) => name.startsWith('trunk/stage1/'));
  t.true(block.length > 0);
  for (const [name, { values }] of block) {
    t.deepEqual(values, last.get(name)!.values, name);
    t.deepEqual(first.get(`teacher/${name}`)!.values, values, name);
  }
});

test('a gate ends the run after a stage that is at chance, its result saved; with the gate opened it goes on', async (t) => {
  t.timeout(120_000);
  const folder = await temporaryFolder(t);
  const [file, out] = [join(folder, 'gate.yaml'), join(folder, 'run')];
  const gate = '[collapsed, at-chance]';
  await writeFile(file, RECIPE.replace('{seed: 1, steps: 12}', `{seed: 1, steps: 12, gate: ${gate}, optimizer: {learningRate: 1.0e-9}}`).replace('steps: 20', 'steps: 2'));
  const args = ['run', '--out', out, '--set', 'evaluate.maxItems=2'];
  const shut = startPretext(t, [...args.slice(0, 3), file, '--data', images, ...args.slice(3)]);
  t.is(await shut.exited, EXIT.collapsed, shut.output());
  t.regex(shut.output(), /error: Stage 1 is complete, and its gate does not let the run go on: at chance: accuracy /);
  const again = startPretext(t, ['run', '--resume', '--out', out]);
  t.is(await again.exited, EXIT.collapsed, again.output());
  const stored = await readFile(join(out, 'recipe.yaml'), 'utf8');
  await writeFile(join(out, 'recipe.yaml'), stored.replace('- at-chance\n', '- diverging\n'));
  const open = startPretext(t, ['run', '--resume', '--out', out]);
  t.is(await open.exited, EXIT.done, open.output());
  t.regex(verify(out), /^proved: .*2 stages, 14 steps/);
});

test('a run that begins from the file of another has the bits of the stage that begins from it', async (t) => {
  t.timeout(120_000);
  const one = join(await temporaryFolder(t), 'one.yaml');
  const shared = RECIPE.slice(0, RECIPE.indexOf('stages:\n'));
  const file = join(reference.out, 'checkpoints/step-000012.safetensors');
  await writeFile(one, `${shared}seed: 2\nsteps: 20\noptimizer: {name: adamw, learningRate: 0.001}\ninit: {from: ${file}, blocks: 2}\n`);
  const run = await start(t, one);
  run.startWorker('a');
  const report = await run.finish();
  t.is(report.digest, reference.digests[1]!);
  t.is(report.stages.length, 1);
  t.regex(verify(run.out), /^proved/);
});

test('a trunk that does not fit, a file that is not there and one that is another are named before anything starts', async (t) => {
  const file = join(reference.out, 'checkpoints/step-000012.safetensors');
  const failing = async (...sets: string[]): Promise<string> => {
    const out = join(await temporaryFolder(t), 'run');
    const error = t.throws(() => execFileSync(process.execPath, [PRETEXT, 'coordinator', recipe, '--data', images, '--out', out, '--listen', '127.0.0.1:0', ...sets.flatMap((set) => ['--set', set])], { encoding: 'utf8', stdio: 'pipe' }));
    return (error as unknown as { stderr: string }).stderr;
  };
  t.regex(await failing(`stages.1.init.from=${file}`, 'model.options.width=16'), /is of another trunk:\n +trunk\/stage1\/conv1\/kernel: expected \[3, 3, 3, 16\], given \[3, 3, 3, 8\]/);
  t.regex(await failing('stages.2.model.options.width=16'), /"the stage before" is of another trunk:/);
  t.regex(await failing('stages.1.init.from=gone.safetensors'), /The checkpoint ".*gone\.safetensors" cannot be read/);
  t.regex(await failing(`stages.1.init.from=${file}`, `stages.1.init.sha256=${'a'.repeat(64)}`), /init\.sha256: expected the hash of /);
  t.regex(await failing('stages.2.init.blocks=4'), /expected at most the 3 blocks of the trunk, given 4/);
});
