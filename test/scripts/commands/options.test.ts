import test from 'ava';
import { Command, InvalidArgumentError } from 'commander';
import { mkdirSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { addFindRateCommand } from '../../../scripts/commands/find-rate.js';
import { parseListen } from '../../../scripts/commands/coordinator.js';
import { parseMoment } from '../../../scripts/commands/logs.js';
import { loadRecipe } from '../../../scripts/actions/load-recipe.js';
import { parseBytes, parseUrl } from '../../../scripts/commands/options.js';
import { chooseNewRunFolder, findNewestRun } from '../../../scripts/actions/run-folders.js';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

test('flags win over the file, --set over flags', async (t) => {
  const file = join(await makeTempFolder(t), 'r.yaml');
  writeFileSync(file, 'steps: 1\nseed: 1\ndata: {root: a}\nbatch: {microbatches: 2}');
  const { recipe, out } = loadRecipe(file, { data: '7', steps: '20', seed: '5', set: ['seed=6', 'batch.microbatches=3'], out: 'o' });
  const { steps, seed, batch, data } = recipe.stages[0]!;
  t.is(steps, 20);
  t.is(seed, 6);
  t.is(batch.microbatches, 3);
  t.true(isAbsolute(data.root) && data.root.endsWith('/7'));
  t.is(out, 'o');
});

test('--init begins the trunk from a checkpoint', async (t) => {
  const file = join(await makeTempFolder(t), 'r.yaml');
  writeFileSync(file, 'data: {root: a}');
  t.like(loadRecipe(file, { init: 'other/step-000240.safetensors', out: 'o' }).recipe.stages[0], { init: { from: 'other/step-000240.safetensors' } });
  t.is(loadRecipe(file, { out: 'o' }).recipe.stages[0]!.init, undefined);
});

test('a run that goes on takes the recipe of its folder', async (t) => {
  const out = await makeTempFolder(t);
  writeFileSync(join(out, 'recipe.yaml'), 'seed: 9\ndata: {root: a}');
  t.is(loadRecipe(undefined, { resume: true, out }).recipe.stages[0]!.seed, 9);
  const error = t.throws(() => loadRecipe('missing.yaml', { out }), { instanceOf: PretextError });
  t.is(error.code, 'BAD_ARGUMENT');
});

test('the data may decide the sizes of a new run where neither a file nor a flag gives a size', (t) => {
  const isOpen = (flags: Parameters<typeof loadRecipe>[1]): boolean => loadRecipe(undefined, { data: 'x', out: 'o', ...flags }).fit !== undefined;
  t.true(isOpen({}));
  t.true(isOpen({ task: 'moco', seed: '3', set: ['data.holdout=0.2', 'task.options.queue=64'] }));
  for (const set of ['data.side=32', 'batch.microbatches=2', 'optimizer.learningRate=1', 'model.name=vit']) t.false(isOpen({ set: [set] }), set);
  t.false(isOpen({ steps: '20' }));
  t.true(isOpen({ resumeOrStart: true }));
});

test('the data may decide where a file says nothing of sizes', async (t) => {
  const file = join(await makeTempFolder(t), 'r.yaml');
  for (const [text, isOpen] of [['data: {root: a}\ntask: {name: rotation}', true], ['data: {root: a, side: 64}', false], ['data: {root: a}\nsteps: 1000', false], ['data: {root: a}\nstages: [{seed: 1}, {seed: 2}]', false]] as const) {
    writeFileSync(file, text);
    t.is(loadRecipe(file, { out: 'o' }).fit !== undefined, isOpen, text);
  }
});

test('a test of learning rates of too few steps to suggest any is refused', (t) => {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  addFindRateCommand(program);
  t.throws(() => program.parse(['find-rate', '--data', 'x', '--steps', '6'], { from: 'user' }), { message: /a whole number of at least 7/ });
});

test('addresses are read with or without what goes without saying', (t) => {
  t.deepEqual(parseListen('0.0.0.0:7420'), { host: '0.0.0.0', port: 7420 });
  t.deepEqual(parseListen('[::1]:0'), { host: '::1', port: 0 });
  t.is(parseUrl('10.0.0.1:7420').href, 'http://10.0.0.1:7420/');
  t.is(parseUrl('wss://a.example').href, 'https://a.example/');
  for (const text of ['7420', 'a:b', 'host:99999', '::1:80', '']) t.throws(() => parseListen(text), { instanceOf: InvalidArgumentError }, text);
  for (const text of ['', 'ftp://a', 'http://']) t.throws(() => parseUrl(text), { instanceOf: InvalidArgumentError }, text);
});

test('sizes are read with the letter of their unit or without', (t) => {
  t.deepEqual(['1024', '512M', '1.5g', '2T'].map(parseBytes), [1024, 512 * 2 ** 20, 1.5 * 2 ** 30, 2 ** 41]);
  for (const text of ['', 'M', '-1', '1 G', '2GB', '1e3']) t.throws(() => parseBytes(text), { instanceOf: InvalidArgumentError }, text);
});

test('a new run gets a folder of its own, and the newest is found by when it was written', async (t) => {
  const runs = join(await makeTempFolder(t), 'runs');
  t.is(findNewestRun(runs), undefined);
  const now = new Date(2026, 10, 23, 18, 30, 5);
  const first = chooseNewRunFolder(now, runs);
  t.is(first, join(runs, '2026-11-23-183005'));
  mkdirSync(first, { recursive: true });
  t.is(chooseNewRunFolder(now, runs), join(runs, '2026-11-23-183005-2'));
  t.is(findNewestRun(runs), undefined);
  writeFileSync(join(first, 'recipe.yaml'), '');
  t.is(findNewestRun(runs), first);
});

test('a moment is how long ago or a time, local where no zone is named', (t) => {
  const nowMs = Date.parse('2026-11-26T12:00:00Z');
  t.is(parseMoment('90s', nowMs), nowMs - 90_000);
  t.is(parseMoment('1.5h', nowMs), nowMs - 5_400_000);
  t.is(parseMoment('2026-11-26T10:00:00Z', nowMs), nowMs - 7_200_000);
  t.is(parseMoment('2026-11-26T10:00', nowMs), new Date(2026, 10, 26, 10).getTime());
  t.is(parseMoment('2026-11-26', nowMs), new Date(2026, 10, 26).getTime());
  for (const text of ['10', '10 minutes', 'yesterday', '', '2026-13-01', '5']) t.throws(() => parseMoment(text, nowMs), { instanceOf: InvalidArgumentError }, text);
});
