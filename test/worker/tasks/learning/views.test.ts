// What tasks that compare views learn of made pictures in a minute: what a picture shows, and not its colours alone.

import anyTest, { type TestFn } from 'ava';
import { backends } from '../../../../worker/backends/index.js';
import type { TaskName } from '../../../../worker/tasks/puzzles.js';
import { learnStripes, lookPastPlaces, lookPastTints } from '../../../helpers/view-learning.js';

const test = anyTest.serial as TestFn;

test.before(async () => {
  await backends.simd.start();
});

const tasks: Partial<Record<TaskName, object>> = {
  byol: {}, instance: {}, lejepa: { crops: { local: 2 } }, moco: { queue: 256 }, pirl: {}, simclr: {}, simsiam: {}, vicreg: {},
};

for (const [name, options] of Object.entries(tasks)) {
  test(`${name}: views of one picture of stripes are told from views of others`, (t) => learnStripes(t, name, options));

  test(`${name}: pictures that differ in their colour alone are told apart without the guard, less with it, and not where all views are grey`, (t) =>
    lookPastTints(t, name, options));
}

// Not pirl: it compares a view with shuffled cells, and no pixel stays at its place.
for (const name of ['byol', 'instance', 'lejepa', 'moco', 'simclr', 'simsiam', 'vicreg'] as const) {
  test(`${name}: noise is told apart where both views show the same pixels at the same places, and hardly with the guard`, (t) =>
    lookPastPlaces(t, name, tasks[name]!));
}
