// What a stage begins from, and what the journal says of it, on a folder of real images.

import { readFile, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import { checkpointPath, readCheckpoint, writeCheckpoint } from '../../../coordinator/checkpoints/checkpoints.js';
import { lastStage } from '../../../coordinator/journal/entries.js';
import { openJournal, type Journal } from '../../../coordinator/journal/journal.js';
import { beginJournal } from '../../../coordinator/run/begin-journal.js';
import type { RunEvent } from '../../../coordinator/run/events.js';
import { pathsOf } from '../../../coordinator/run/folder.js';
import { findResult, openStage, type StageContext } from '../../../coordinator/run/open-stage.js';
import { createRun, type Stage } from '../../../coordinator/run/prepare.js';
import { parseRecipe } from '../../../shared/recipe/parse.js';
import { initState } from '../../../shared/state/init.js';
import { toWireLayout } from '../../../shared/state/wire.js';
import { digestOf } from '../../../shared/tensors/digest.js';
import { layoutOf, namesOf } from '../../../worker/bind-recipe.js';
import { registries } from '../../../worker/registries.js';
import { makeImages } from '../../helpers/data.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

interface Site extends StageContext {
  readonly events: RunEvent[];
  readonly journalPath: string;
}

async function open(t: ExecutionContext): Promise<Site> {
  const folder = await makeTempFolder(t);
  const images = join(folder, 'images');
  await makeImages(images, 8);
  const { recipe } = parseRecipe(`data: {root: ${images}, side: 16}\nmodel: {options: {width: 4, stages: 2}}\nstages: [{steps: 3}, {seed: 2, steps: 5, init: {from: stage, blocks: 1}}]`);
  const paths = pathsOf(folder);
  const events: RunEvent[] = [];
  const emit = (event: RunEvent): void => void events.push(event);
  const { stages } = await createRun(paths, { recipe, registries, layoutOf, signal: new AbortController().signal, emit });
  const journal = await openJournal(paths.journal);
  t.teardown(() => journal.close());
  const runId = await beginJournal(journal, stages);
  return { runId, stages, journal, layoutOf, namesOf, log: pino({ level: 'silent' }), graceMs: 0, shutOut: new Set(), heartbeatMs: 1000, pause: { isPaused: false }, emit, events, journalPath: paths.journal };
}

async function commitAll(journal: Journal, steps: number): Promise<void> {
  const commit = { type: 'commit', stage: 1, first: 0, count: 1, samples: '', weights: {}, loss: 0, terms: {}, metrics: {}, gradient: '' } as const;
  for (let step = 1; step <= steps; step++) await journal.append({ ...commit, step, unusable: [] });
}

/** The first stage is complete, with some state as its last checkpoint. */
async function writeEnd({ recipe, paths, number }: Stage, { journal, runId }: Site): Promise<Float32Array> {
  const layout = layoutOf(recipe);
  const state = Float32Array.from({ length: layout.stateLength }, (_, i) => i);
  await writeCheckpoint({ folder: paths.checkpoints, step: recipe.steps, layout: toWireLayout(layout), state, metadata: { run: runId, stage: String(number) }, keep: 1 });
  await commitAll(journal, recipe.steps);
  await journal.append({ type: 'checkpoint', stage: number, step: recipe.steps, sha256: digestOf(state) });
  return state;
}

test('a stage that begins from the seed has an entry and no checkpoint', async (t) => {
  const site = await open(t);
  await openStage(1, site);
  const { recipeHash, manifestHash, recipe } = site.stages[0]!;
  t.deepEqual(site.journal.entries.slice(1), [{ type: 'stage', stage: 1, recipe: recipeHash, manifest: manifestHash, steps: recipe.steps }]);
  t.is(await stat(checkpointPath(site.stages[0]!.paths.checkpoints, 0)).catch(() => undefined), undefined);
  t.is(lastStage(site.journal.entries), 1);
});

test('a stage that begins from the one before has its blocks over first values of its own, as the checkpoint of step 0', async (t) => {
  const site = await open(t);
  const [first, second] = site.stages as [Stage, Stage];
  await openStage(1, site);
  const end = await writeEnd(first, site);
  await openStage(2, site);

  const layout = layoutOf(second.recipe);
  const state = await readCheckpoint(checkpointPath(second.paths.checkpoints, 0), toWireLayout(layout));
  const expected = initState(layout, 2);
  for (const { name, offset, length } of layout.entries) if (name.startsWith('trunk/stage1/')) expected.set(end.subarray(offset, offset + length), offset);
  t.deepEqual(state, expected);
  t.deepEqual(site.journal.entries.slice(-2).map((entry) => entry.type), ['checkpoint', 'stage']);
  t.like(site.journal.entries.at(-2), { stage: 2, step: 0, sha256: digestOf(state) });
  t.like(site.journal.entries.at(-1), { stage: 2, init: { from: 'stage', blocks: 1 } });
  const taken = site.events.find((event) => event.type === 'trunkTaken');
  t.true(taken!.report.taken.every((name) => name.startsWith('trunk/stage1/')));
});

test('a stage that has begun is not begun again, one that was cut off before its entry is', async (t) => {
  const site = await open(t);
  const [first, second] = site.stages as [Stage, Stage];
  await openStage(1, site);
  await writeEnd(first, site);
  await openStage(2, site);
  const before = await readFile(site.journalPath, 'utf8');
  const path = checkpointPath(second.paths.checkpoints, 0);
  const bytes = await readFile(path);
  await rm(path);
  await openStage(2, site);
  t.is(await readFile(site.journalPath, 'utf8'), before);

  const lines = before.split('\n');
  const cut = { ...site.journal, entries: site.journal.entries.slice(0, lines.length - 2) };
  await openStage(2, { ...site, journal: cut });
  t.deepEqual(await readFile(path), bytes);
});

test('a stage is complete once its last step is committed, and saved as the journal says by this run', async (t) => {
  const site = await open(t);
  const [first] = site.stages as [Stage];
  const find = (): ReturnType<typeof findResult> => findResult(first, site.journal.entries);
  await openStage(1, site);
  t.is(await find(), undefined);
  await commitAll(site.journal, first.recipe.steps);
  t.is(await find(), undefined);
  const state = await writeEnd(first, site);
  const checkpoint = checkpointPath(first.paths.checkpoints, 3);
  t.deepEqual(await find(), { checkpoint, digest: digestOf(state.subarray(0, layoutOf(first.recipe).valuesLength)) });
  await writeEnd(first, { ...site, runId: 'another' });
  t.is(await find(), undefined);
  await writeEnd(first, site);
  await truncate(checkpoint, 100);
  t.is(await find(), undefined);
});

test('a stage does not begin from an end that is not what the journal says', async (t) => {
  const site = await open(t);
  const [first] = site.stages as [Stage];
  await openStage(1, site);
  await writeEnd(first, site);
  await truncate(checkpointPath(first.paths.checkpoints, 3), 100);
  await t.throwsAsync(openStage(2, site), { code: 'BAD_STATE', message: /which stage 2 begins from, is missing or not what it was/ });
});

test('a journal of another recipe, of other data or of another number of stages is refused', async (t) => {
  const site = await open(t);
  const [first, second] = site.stages as [Stage, Stage];
  await openStage(1, site);
  t.is(await beginJournal(site.journal, site.stages), site.runId);
  for (const stages of [[{ ...first, recipeHash: 'x' }, second], [{ ...first, manifestHash: 'x' }, second], [first]]) {
    await t.throwsAsync(beginJournal(site.journal, stages), { code: 'BAD_STATE' });
  }
  t.is(await beginJournal(site.journal, [first, { ...second, recipeHash: 'not begun' }]), site.runId);
});
