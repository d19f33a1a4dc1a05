// The second copy of a run's folder, over real folders.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, open, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { checkpointPath } from '../../../coordinator/checkpoints/checkpoints.js';
import { createLineCopies } from '../../../coordinator/mirror/copy-lines.js';
import { checkMirror, createMirror } from '../../../coordinator/mirror/mirror.js';
import { createPass } from '../../../coordinator/mirror/mirror-pass.js';
import type { RunEvent } from '../../../coordinator/run/events.js';
import { pathsOf, stagePathsOf, type RunPaths } from '../../../coordinator/run/folder.js';
import { until } from '../../helpers/processes.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';
import { skipWithReason } from '../../helpers/test-data.js';

interface Folders {
  readonly from: RunPaths;
  readonly to: RunPaths;
  /** Writes a checkpoint of a stage. */
  save(stage: number, step: number, content?: string): Promise<void>;
  /** Steps of a stage whose checkpoints the copy has. */
  stepsOf(stage: number): Promise<string[]>;
}

async function makeFolders(t: ExecutionContext): Promise<Folders> {
  const folder = await makeTempFolder(t);
  const [from, to] = [pathsOf(join(folder, 'run')), pathsOf(join(folder, 'copy'))];
  for (const stage of [1, 2]) {
    const { checkpoints, manifest } = stagePathsOf(from.folder, stage);
    await mkdir(checkpoints, { recursive: true });
    await writeFile(manifest, `manifest ${stage}\n`);
  }
  await writeFile(from.recipe, 'steps: 3\n');
  await writeFile(from.journal, '{"run":1}\n');
  return {
    from, to,
    save: (stage, step, content = `state ${step}`) => writeFile(checkpointPath(stagePathsOf(from.folder, stage).checkpoints, step), content),
    stepsOf: async (stage) => (await readdir(stagePathsOf(to.folder, stage).checkpoints)).sort(),
  };
}

const read = (path: string): Promise<string> => readFile(path, 'utf8');

test('a pass copies what there is and then what is new, whole lines alone, and removes what the run has removed', async (t) => {
  const { from, to, save, stepsOf } = await makeFolders(t);
  const pass = createPass({ from: from.folder, to: to.folder, numStages: 2 });
  await save(1, 10);
  await appendFile(from.journal, '{"step":1}\n{"st');
  await writeFile(from.metrics, '{"loss":1}\n');
  await pass();
  t.is(await read(to.journal), '{"run":1}\n{"step":1}\n');
  t.is(await read(to.metrics), '{"loss":1}\n');
  t.is(await read(to.recipe), 'steps: 3\n');
  t.is(await read(stagePathsOf(to.folder, 2).manifest), 'manifest 2\n');

  await appendFile(from.journal, 'ep":2}\n');
  await writeFile(from.recipe, 'steps: 3\nseed: 1\n');
  for (const step of [20, 30]) await save(1, step);
  await rm(checkpointPath(stagePathsOf(from.folder, 1).checkpoints, 10));
  await save(2, 0);
  await pass();
  t.is(await read(to.journal), '{"run":1}\n{"step":1}\n{"step":2}\n');
  t.is(await read(to.recipe), 'steps: 3\nseed: 1\n');
  t.deepEqual(await stepsOf(1), ['step-000020.safetensors', 'step-000030.safetensors']);
  t.deepEqual(await stepsOf(2), ['step-000000.safetensors']);

  // A step that was run again with another result.
  await save(1, 30, 'other 30');
  await pass();
  t.is(await read(checkpointPath(stagePathsOf(to.folder, 1).checkpoints, 30)), 'other 30');
});

test('a process that comes after goes on with the copy as it is, whatever the one before left half done', async (t) => {
  const { from, to, save, stepsOf } = await makeFolders(t);
  await save(1, 10);
  await createPass({ from: from.folder, to: to.folder, numStages: 2 })();
  await appendFile(to.journal, '{"torn');
  await writeFile(checkpointPath(stagePathsOf(to.folder, 1).checkpoints, 10), 'half');
  await writeFile(`${checkpointPath(stagePathsOf(to.folder, 1).checkpoints, 7)}.partial`, 'half');
  await appendFile(from.journal, '{"step":1}\n');
  await createPass({ from: from.folder, to: to.folder, numStages: 2 })();
  t.is(await read(to.journal), await read(from.journal));
  t.deepEqual(await stepsOf(1), ['step-000010.safetensors']);
  t.is(await read(checkpointPath(stagePathsOf(to.folder, 1).checkpoints, 10)), 'state 10');
});

test('where the run has no checkpoint any more, the copy keeps its own', async (t) => {
  const { from, to, save, stepsOf } = await makeFolders(t);
  const pass = createPass({ from: from.folder, to: to.folder, numStages: 1 });
  await save(1, 10);
  await pass();
  await rm(stagePathsOf(from.folder, 1).checkpoints, { recursive: true });
  await pass();
  t.deepEqual(await stepsOf(1), ['step-000010.safetensors']);
});

test('a copy that is emptied between two passes is made anew, and one that becomes another run\'s, or goes further on, is left as it is', async (t) => {
  const { from, to, save, stepsOf } = await makeFolders(t);
  const pass = createPass({ from: from.folder, to: to.folder, numStages: 1 });
  await save(1, 10);
  await writeFile(from.metrics, '{"loss":1}\n');
  await pass();
  await rm(to.folder, { recursive: true });
  for (const path of [from.journal, from.metrics]) await appendFile(path, '{"step":1}\n');
  await pass();
  t.is(await read(to.journal), '{"run":1}\n{"step":1}\n');
  t.is(await read(to.metrics), '{"loss":1}\n{"step":1}\n');
  t.deepEqual(await stepsOf(1), ['step-000010.safetensors']);

  await save(1, 20);
  // The first is as long as what this run has copied.
  for (const other of ['{"run":2}\n{"step":1}\n', '{"run":1}\n{"step":1}\n{"step":2}\n']) {
    await writeFile(to.journal, other);
    await t.throwsAsync(pass, { message: /another run, or one that is further on/ });
    t.is(await read(to.journal), other);
    t.deepEqual(await stepsOf(1), ['step-000010.safetensors']);
  }
});

test('whoever stops a run at its end waits two seconds for a mirror that hangs, and no longer', async (t) => {
  if (process.platform === 'win32') return skipWithReason(t, 'Windows has no named pipes in the file system');
  const { from, to } = await makeFolders(t);
  await writeFile(from.report, '{}');
  await rm(from.recipe);
  // Reading it waits for somebody who writes.
  execFileSync('mkfifo', [from.recipe]);
  const mirror = createMirror({ from: from.folder, to: to.folder, numStages: 1, emit: () => {} });
  const stop = new AbortController();
  const beganMs = performance.now();
  const finishing = mirror.finish(stop.signal);
  setTimeout(() => stop.abort(), 300);
  await finishing;
  const tookMs = performance.now() - beganMs;
  const writer = await open(from.recipe, 'r+');
  await writer.write('steps: 3\n');
  await writer.close();
  // The report is copied last: nothing writes into the folder after that, which the end of the test removes.
  await until('the end of the pass', () => (existsSync(to.report) ? true : undefined));
  t.true(tookMs > 1900 && tookMs < 20_000, `${tookMs} ms`);
});

test('a mirror that turns out to hold another run after the start is not written to at all', async (t) => {
  const { from, to, save, stepsOf } = await makeFolders(t);
  await checkMirror({ from: from.folder, to: to.folder });
  await save(1, 10);
  await mkdir(stagePathsOf(to.folder, 1).checkpoints, { recursive: true });
  await writeFile(to.journal, '{"run":0}\n');
  await writeFile(to.recipe, 'steps: 9\n');
  await writeFile(to.metrics, '{"loss":9}\n');
  const pass = createPass({ from: from.folder, to: to.folder, numStages: 1 });
  for (let tries = 0; tries < 2; tries++) await t.throwsAsync(pass, { message: /another run/ });
  t.deepEqual(await Promise.all([to.journal, to.recipe, to.metrics].map(read)), ['{"run":0}\n', 'steps: 9\n', '{"loss":9}\n']);
  t.deepEqual(await stepsOf(1), []);
  await rm(to.folder, { recursive: true });
  await pass();
  t.is(await read(to.journal), await read(from.journal));
});

test('lines are copied in pieces, and a copy that goes on otherwise is told before it is replaced', async (t) => {
  const folder = await makeTempFolder(t);
  const [from, to] = [join(folder, 'a'), join(folder, 'b')];
  const text = `${'x'.repeat(700_000)}\n`.repeat(4);
  await writeFile(from, text);
  const told: string[] = [];
  const { copy } = createLineCopies((_from, which) => void told.push(which));
  await copy(from, to, text.length);
  t.is(await read(to), text);
  t.deepEqual(told, []);
  await writeFile(to, 'other\n');
  await createLineCopies((_from, which) => void told.push(which)).copy(from, to, text.length);
  t.is(await read(to), text);
  t.deepEqual(told, [to]);
});

test('a mirror of another run, one that is further on and one within the folder are refused before anything is written', async (t) => {
  const { from, to } = await makeFolders(t);
  const check = (): Promise<void> => checkMirror({ from: from.folder, to: to.folder });
  await t.notThrowsAsync(check());
  await mkdir(to.folder);
  await writeFile(to.journal, '{"run":2}\n');
  t.like(await t.throwsAsync(check()), { code: 'RUN_EXISTS' });
  await writeFile(to.journal, '{"run":1}\n{"step":1}\n');
  const further = await t.throwsAsync(check());
  t.like(further, { code: 'RUN_EXISTS', hint: `Go on with what it holds by --resume --out ${to.folder} (and another --mirror), or give an empty folder.` });
  await writeFile(to.journal, '{"run":1}\n{"to');
  await t.notThrowsAsync(check());
  // The run's own volume was lost.
  await rm(from.journal);
  t.like(await t.throwsAsync(check()), { code: 'RUN_EXISTS' });
  for (const inside of [from.folder, join(from.folder, 'copy'), join(from.folder, '..')]) t.like(await t.throwsAsync(checkMirror({ from: from.folder, to: inside })), { code: 'BAD_ARGUMENT' });
});

test('a mirror that cannot be written is said once, and catches up when it can', async (t) => {
  const { from, to } = await makeFolders(t);
  const events: RunEvent[] = [];
  const mirror = createMirror({ from: from.folder, to: to.folder, numStages: 2, everyMs: 5, againMs: 5, emit: (event) => events.push(event) });
  await writeFile(to.folder, 'a file is where the folder should be');
  const typesOf = (): string[] => events.map(({ type }) => type);
  mirror.handle({ type: 'recipeChanged', changes: [] });
  await until('it is said', () => events[0]);
  await new Promise((resolve) => setTimeout(resolve, 60));
  t.deepEqual(typesOf(), ['mirrorFailed']);
  await rm(to.folder);
  await until('it has caught up', () => events[1]);
  t.deepEqual(typesOf(), ['mirrorFailed', 'mirrorCaughtUp']);
  t.is(await read(to.journal), await read(from.journal));

  // Somebody goes on with the copy.
  await writeFile(to.coordinator, '{}');
  await appendFile(from.journal, '{"step":1}\n');
  await mirror.finish(new AbortController().signal);
  t.deepEqual(typesOf().slice(2), ['mirrorFailed']);
  t.is(await read(to.journal), '{"run":1}\n');
});
