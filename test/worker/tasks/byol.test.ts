import anyTest, { type TestFn } from 'ava';
import type { Trainer } from '../../../worker/compute/trainer.js';
import { backends } from '../../../worker/backends/index.js';
import { planSteps, stateOf, valuesOf } from '../../helpers/planned-steps.js';
import { createReplicas } from '../../helpers/replicas.js';
import { buildViewTask, compareGuesses, lookPastLostPicture, NUM_ITEMS } from '../../helpers/view-tasks.js';

const test = anyTest.serial as TestFn;
const SMALL = { hidden: 5, dims: 6, predictorHidden: 4 };

test.before(async () => {
  await backends.simd.start();
});

for (const norm of ['microbatch', 'none']) {
  test(`norm ${norm}: a picture that cannot be used changes nothing, whatever its bytes are`, (t) =>
    lookPastLostPicture(t, buildViewTask('byol', { ...SMALL, norm })));
}

test('a guess is compared with the teacher\'s row of the view that it is a guess of', (t) => {
  compareGuesses(t, buildViewTask('byol', SMALL), { one: 'teacherOfOne', other: 'teacherOfOther' });
});

test('the teacher follows trunk and head ever more slowly, and has no predictor', async (t) => {
  const parts = buildViewTask('byol', { ...SMALL, momentum: { start: 0.6 } });
  const teachers = parts.layout.entries.flatMap((entry) => (entry.kind === 'teacher' ? [entry] : []));
  const students = parts.layout.entries.filter(({ kind, name }) => kind === 'trained' && !name.startsWith('head/predictor/'));
  t.deepEqual(teachers.map(({ of }) => of), students.map(({ name }) => name));
  const [trainer] = createReplicas(t, parts) as [Trainer];
  const { take } = planSteps(parts, { numItems: NUM_ITEMS });
  const name = 'head/projection/kernel';
  for (let step = 1; step <= 5; step++) {
    const before = await stateOf(parts, trainer);
    await take([trainer], step);
    const after = await stateOf(parts, trainer);
    // Half a cosine over five steps, from 0.6 to 1.
    const kept = 1 - 0.2 * (1 + Math.cos((Math.PI * (step - 1)) / 5));
    const [old, student, teacher] = [valuesOf(parts, before, `teacher/${name}`), valuesOf(parts, after, name), valuesOf(parts, after, `teacher/${name}`)];
    t.true(old.every((value, i) => Math.abs(kept * value + (1 - kept) * student[i]! - teacher[i]!) < 1e-6), `step ${step}`);
    t.notDeepEqual(teacher, old);
  }
});
