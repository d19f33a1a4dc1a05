// What cannot go together is refused before a run begins, with the reason.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { makeImages } from '../helpers/data.js';
import { startPretext, temporaryFolder } from '../helpers/processes.js';

const refused: readonly [what: string, flags: readonly string[], expected: RegExp][] = [
  ['a task for videos on images', ['--task', 'frame-order'], /task\.name: "frame-order" learns from videos, and ".*" has images/],
  ['masks on a model that cannot leave out patches', ['--task', 'mae'], /mae hides patches, expected a model that can leave them out[^]*--set model\.name=vit/],
  ['a side that patches do not divide', ['--set', 'model.name=vit', '--set', 'data.side=30', '--set', 'data.shortSide=32'], /data\.side: the model vit takes multiples of its patch of 8 pixels, given 30/],
];

for (const [what, flags, expected] of refused) {
  test(`${what}: exit code 2, and no run is left`, async (t) => {
    const folder = await temporaryFolder(t);
    await makeImages(join(folder, 'images'), 6);
    const out = join(folder, 'run');
    const coordinator = startPretext(t, ['coordinator', '--data', join(folder, 'images'), '--listen', '127.0.0.1:0', '--out', out, ...flags]);
    t.is(await coordinator.exited, 2, coordinator.output());
    t.regex(coordinator.output(), expected);
    t.false(existsSync(join(out, 'journal.ndjson')));
  });
}
