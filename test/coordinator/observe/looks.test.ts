// Looks at checkpoints of a run that goes on: which ones, which is kept as the best, and that nothing else depends on them.

import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createLooks, readLooks, removePinned, type LookLine, type Looks, type LooksOptions } from '../../../coordinator/observe/looks.js';
import type { RunEvent } from '../../../coordinator/run/events.js';
import type { Look } from '../../../shared/learning.js';
import { readRecipe } from '../../../worker/bind-recipe.js';
import { describeLearning } from '../../../worker/describe-learning.js';
import { until } from '../../helpers/processes.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const spread = { deviation: 1, effectiveRank: 5 };

const lookOf = (accuracy: number, knn?: number): Look => {
  const solved = { metrics: { accuracy: { mean: accuracy, standardError: 0.01 } }, numPuzzles: 100 };
  return { numItems: 100, held: solved, trained: solved, spread, spreadUntrained: spread, gradient: {}, ...(knn !== undefined && { knn: { trained: knn, untrained: 0.1 } }) };
};

interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

function createGate(): Gate {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => { open = resolve; });
  return { opened, open };
}

interface Site {
  readonly looks: Looks;
  readonly events: RunEvent[];
  readonly seen: string[];
  readonly folder: string;
  /** Writes a checkpoint and tells of it. */
  save(step: number): Promise<void>;
  list(): Promise<string[]>;
  best(): Promise<string>;
}

/** Looks wait at the gate, or end when they are told to. */
async function open(t: ExecutionContext, results: readonly (Look | Error)[], evaluate: object, { gate, ...options }: Partial<LooksOptions> & { readonly gate?: Gate } = {}): Promise<Site> {
  const folder = join(await makeTempFolder(t), 'checkpoints');
  await mkdir(folder);
  const recipe = readRecipe({ data: { root: 'x' }, steps: 100, task: { name: 'rotation' }, evaluate });
  const events: RunEvent[] = [];
  const seen: string[] = [];
  const left = [...results];
  const looks = createLooks({
    stages: [{ recipe, metrics: describeLearning(recipe).metrics }], earlier: [], ...options, emit: (event) => events.push(event),
    async lookAt(checkpoint, signal) {
      seen.push(await readFile(checkpoint, 'utf8'));
      signal.throwIfAborted();
      const ended = new Promise<never>((_, reject) => { signal.addEventListener('abort', () => reject(new Error('killed'))); });
      if (gate) await Promise.race([gate.opened, ended]);
      const result = left.shift()!;
      if (result instanceof Error) throw result;
      return result;
    },
  });
  return {
    looks, events, seen, folder,
    async save(step) {
      const path = join(folder, `step-${step}`);
      await writeFile(path, `state ${step}`);
      looks.handle({ type: 'checkpointSaved', stage: 1, step, path });
    },
    list: () => readdir(folder),
    best: () => readFile(join(folder, 'best.safetensors'), 'utf8'),
  };
}

test('checkpoints are looked at every so many steps, and the best by the task is kept', async (t) => {
  const { looks, events, seen, save, best, list } = await open(t, [lookOf(0.3), lookOf(0.6), lookOf(0.5)], { everySteps: 10 });
  for (const step of [5, 10, 20, 30]) {
    await save(step);
    await looks.settled();
  }
  t.deepEqual(seen, ['state 10', 'state 20', 'state 30']);
  t.deepEqual(events.map((event) => event.type === 'looked' && [event.step, event.best?.step]), [[10, 10], [20, 20], [30, 20]]);
  t.is(await best(), 'state 20');
  t.false((await list()).includes('look.safetensors'));
});

test('without a number of steps nobody looks', async (t) => {
  const { looks, seen, save } = await open(t, [], {});
  await save(10);
  await looks.settled();
  t.deepEqual(seen, []);
});

test('where there are labels nearest neighbours decide, unless the recipe names another metric', async (t) => {
  const results = [lookOf(0.3, 0.9), lookOf(0.8, 0.2)];
  for (const [evaluate, expected] of [[{ everySteps: 1 }, 'state 1'], [{ everySteps: 1, best: 'accuracy' }, 'state 2']] as const) {
    const { looks, save, best } = await open(t, results, evaluate);
    for (const step of [1, 2]) {
      await save(step);
      await looks.settled();
    }
    t.is(await best(), expected);
  }
});

test('a look that fails costs that look, and of checkpoints that wait the newest is next, though the run has removed it', async (t) => {
  const gate = createGate();
  const { looks, events, seen, folder, save, best, list } = await open(t, [new Error('no memory'), lookOf(0.4)], { everySteps: 1 }, { gate });
  for (const step of [1, 2, 3]) await save(step);
  await until('the first is looked at and the last is pinned', async () => (seen.length === 1 && (await list()).includes('look-3.safetensors')) || undefined);
  for (const step of [1, 2, 3]) await rm(join(folder, `step-${step}`));
  gate.open();
  await looks.settled();
  t.deepEqual(seen, ['state 1', 'state 3']);
  t.is(await best(), 'state 3');
  t.like(events[0], { type: 'lookFailed', reason: 'no memory' });
  t.deepEqual(await list(), ['best.safetensors']);
});

test('where the checkpoint of a step that is due is missing the next one is looked at, once', async (t) => {
  const { looks, seen, save } = await open(t, [lookOf(0.3), lookOf(0.4)], { everySteps: 10 });
  for (const step of [8, 12, 16, 12, 20]) {
    await save(step);
    await looks.settled();
  }
  t.deepEqual(seen, ['state 12', 'state 20']);
});

test('a look that takes too long is given up', async (t) => {
  const { looks, events, save, list } = await open(t, [], { everySteps: 1 }, { gate: createGate(), timeoutMs: 50 });
  await save(1);
  await looks.settled();
  t.like(events[0], { type: 'lookFailed', reason: 'it took longer than 0.05 s' });
  t.deepEqual(await list(), ['step-1']);
});

test('what was found wrong is no longer the best, and is looked at again', async (t) => {
  const { looks, events, seen, save, list } = await open(t, [lookOf(0.5), lookOf(0.9), lookOf(0.4)], { everySteps: 10 });
  const rollBack = (distrusted?: true): void => looks.handle({ type: 'rolledBack', stage: 1, from: 20, to: 10, reason: '', distrusted });
  const saveAndLook = async (step: number): Promise<void> => {
    await save(step);
    await looks.settled();
  };
  for (const step of [10, 20]) await saveAndLook(step);
  rollBack();
  await saveAndLook(20);
  t.is(seen.length, 2, 'the same steps give the same bits');
  rollBack(true);
  await looks.settled();
  t.false((await list()).includes('best.safetensors'));
  await saveAndLook(20);
  t.deepEqual(events.map((event) => event.type === 'looked' && [event.step, event.best?.value]), [[10, 0.5], [20, 0.9], [20, 0.4]]);
});

test('a look under way at what is found wrong is ended', async (t) => {
  const { looks, events, seen, save } = await open(t, [], { everySteps: 1 }, { gate: createGate() });
  await save(5);
  await until('it is under way', () => seen.length === 1 || undefined);
  looks.handle({ type: 'rolledBack', stage: 1, from: 5, to: 4, reason: '', distrusted: true });
  await looks.settled();
  t.deepEqual(events, []);
});

test('a run that goes on knows the best of before from looks.ndjson, whose last line may be torn', async (t) => {
  const path = join(await makeTempFolder(t), 'looks.ndjson');
  const line: LookLine = { stage: 1, step: 5, look: lookOf(0.7), best: { step: 5, metric: 'accuracy', value: 0.7, checkpoint: 'best' } };
  await writeFile(path, `${JSON.stringify(line)}\n{"stage":1,"st`);
  const earlier = await readLooks(path);
  t.deepEqual(earlier, [line]);
  t.deepEqual(await readLooks(join(path, 'none')), []);
  const { looks, events, save } = await open(t, [lookOf(0.6)], { everySteps: 1 }, { earlier });
  await save(6);
  await looks.settled();
  t.is(events[0]?.type === 'looked' ? events[0].best?.step : null, 5);
  const unmeasured = { ...line, look: lookOf(NaN) };
  await writeFile(path, `${JSON.stringify(unmeasured)}\n`);
  t.deepEqual(await readLooks(path), [unmeasured], 'a mean that is NaN is read back as NaN');
  const later = { ...line, step: 9, best: { ...line.best!, step: 9 } };
  await writeFile(path, [line, later, { stage: 1, distrustedAfter: 7 }].map((each) => `${JSON.stringify(each)}\n`).join(''));
  t.deepEqual(await readLooks(path), [{ ...line, best: undefined }], 'the file of the best is of a step that was found wrong');
});

test('a look that is stopped emits no event and leaves no file', async (t) => {
  const { looks, events, seen, folder, save, list } = await open(t, [], { everySteps: 1 }, { gate: createGate() });
  for (const step of [1, 2]) await save(step);
  await until('it is under way', () => seen.length === 1 || undefined);
  looks.stop();
  await looks.settled();
  await save(3);
  await looks.settled();
  t.deepEqual(events, []);
  t.deepEqual((await list()).toSorted(), ['step-1', 'step-2', 'step-3']);
  await writeFile(join(folder, 'look-7.safetensors'), 'of a process that was killed');
  await removePinned(folder);
  t.deepEqual((await list()).toSorted(), ['step-1', 'step-2', 'step-3']);
});
