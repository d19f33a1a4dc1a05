// Which run `pretext finetune --resume` goes on with, and what of its recipe is changed on the way.

import { join } from 'node:path';
import test from 'ava';
import { findEarlier } from '../../../scripts/actions/finetune.js';
import { writeJournal, writeRun } from '../../helpers/written-run.js';

test('what --set says is laid over the recipe of a run that is gone on with', async (t) => {
  const { folder } = await writeRun(t, 'steps: 2\ntask: {name: rotation}');
  await writeJournal(folder, [{ type: 'run', runId: 'r1', stages: 1 }]);
  for (const how of [{ resume: true }, { resumeOrStart: true }]) {
    t.like(findEarlier({ ...how, out: folder, set: ['checkpoint.keep=9'] }), { mode: 'resume', out: folder, recipe: { stages: [{ steps: 2, checkpoint: { keep: 9 } }] } });
    t.not(findEarlier({ ...how, out: folder })!.recipe.stages[0]!.checkpoint.keep, 9);
  }
  t.is(findEarlier({ resumeOrStart: true, out: join(folder, 'new'), set: ['steps=3'] }), undefined);
});

test('flags that contradict each other are refused as by pretext run', (t) => {
  t.throws(() => findEarlier({ resume: true, resumeOrStart: true }), { code: 'BAD_ARGUMENT', message: /--resume or --resume-or-start/ });
  t.throws(() => findEarlier({ resumeOrStart: true }), { code: 'BAD_ARGUMENT', message: /needs --out/ });
});
