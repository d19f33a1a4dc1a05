// Looks at checkpoints of a run that goes on: which ones, which is kept as the best, and that nothing else depends on them.

import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Look } from '../../../coordinator/observe/look.js';
import { createLooks, readLooks, type LookLine, type Looks } from '../../../coordinator/observe/looks.js';
import type { RunEvent } from '../../../coordinator/run/events.js';
import { readRecipe } from '../../../worker/bind-recipe.js';
import { describeLearning } from '../../../worker/describe-learning.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const spread = { deviation: 1, effectiveRank: 5 };

const lookOf = (accuracy: number, knn?: number): Look => {
  const solved = { metrics: { accuracy: { mean: accuracy, standardError: 0.01 } }, numPuzzles: 100 };
  return { numItems: 100, held: solved, trained: solved, spread, spreadUntrained: spread, gradient: {}, ...(knn !== undefined && { knn: { trained: knn, untrained: 0.1 } }) };
};

interface Site {
  readonly looks: Looks;
  readonly events: RunEvent[];
  readonly seen: string[];
  /** Writes a checkpoint and tells of it. */
  save(step: number): Promise<void>;
  list(): Promise<string[]>;
  best(): Promise<string>;
}

async function open(t: ExecutionContext, results: readonly (Look | Error)[], evaluate: object, earlier: readonly LookLine[] = []): Promise<Site> {
  const folder = join(await makeTempFolder(t), 'checkpoints');
  await mkdir(folder);
  const recipe = readRecipe({ data: { root: 'x' }, steps: 100, task: { name: 'rotation' }, evaluate });
  const events: RunEvent[] = [];
  const seen: string[] = [];
  const left = [...results];
  const looks = createLooks({
    stages: [{ recipe, metrics: describeLearning(recipe).metrics }], earlier, emit: (event) => events.push(event),
    async lookAt(checkpoint) {
      seen.push(await readFile(checkpoint, 'utf8'));
      const result = left.shift()!;
      if (result instanceof Error) throw result;
      return result;
    },
  });
  return {
    looks, events, seen,
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
  t.deepEqual(events.map((event) => event.type === 'looked' && [event.step, event.best?.step]), [[10, 10], [20, 20], [30, undefined]]);
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

test('a look that fails costs that look, and of checkpoints that wait the newest is next', async (t) => {
  const { looks, events, seen, save, best } = await open(t, [new Error('no memory'), lookOf(0.4)], { everySteps: 1 });
  await Promise.all([save(1), save(2), save(3)]);
  await looks.settled();
  t.deepEqual(seen.length, 2);
  t.is(seen[1], await best());
  t.like(events[0], { type: 'lookFailed', reason: 'no memory' });
});

test('a run that goes on knows the best of before from looks.ndjson, whose last line may be torn', async (t) => {
  const path = join(await makeTempFolder(t), 'looks.ndjson');
  const line: LookLine = { stage: 1, step: 5, look: lookOf(0.7), best: { step: 5, metric: 'accuracy', value: 0.7, checkpoint: 'best' } };
  await writeFile(path, `${JSON.stringify(line)}\n{"stage":1,"st`);
  const earlier = await readLooks(path);
  t.deepEqual(earlier, [line]);
  t.deepEqual(await readLooks(join(path, 'none')), []);
  const { looks, events, save } = await open(t, [lookOf(0.6)], { everySteps: 1 }, earlier);
  await save(6);
  await looks.settled();
  t.is(events[0]?.type === 'looked' ? events[0].best : null, undefined);
});

test('a stopped one ends without a word', async (t) => {
  const { looks, events, save } = await open(t, [new Error('killed')], { everySteps: 1 });
  const saved = save(1);
  looks.stop();
  await saved;
  await looks.settled();
  t.deepEqual(events, []);
});
