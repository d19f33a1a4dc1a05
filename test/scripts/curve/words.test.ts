// What is said of a label curve, and its table.

import test from 'ava';
import { contenders, type Contender } from '../../../scripts/curve/contenders.js';
import { summarise, type Finding } from '../../../scripts/curve/summary.js';
import { describeCurve, tabulateCurve } from '../../../scripts/curve/words.js';

const NUM_ITEMS = 1000;

/** So many of a thousand items right; the same ones for whoever has as many. */
function find(share: number, right: Readonly<Record<Contender, readonly number[]>>): Finding[] {
  return contenders.flatMap((contender) => right[contender].map((count, seed): Finding => ({
    share, seed, contender, numLabels: 3000 * share, steps: 200, answers: new Map(Array.from({ length: NUM_ITEMS }, (_, item) => [String(item), item < count])),
  })));
}

const ROWS = summarise([
  ...find(1, { pretrained: [520, 522, 515], scratch: [518, 521, 519], probe: [400, 402, 399] }),
  ...find(0.1, { pretrained: [401, 390, 412], scratch: [340, 339, 341], probe: [398, 400, 402] }),
  ...find(0.01, { pretrained: [150, 149, 151], scratch: [190, 188, 192], probe: [220, 219, 222] }),
], 10);

test('shares come in their order, with the labels of a class', (t) => {
  t.deepEqual(ROWS.map(({ share, numLabels, perClass, steps }) => [share, numLabels, perClass, steps]), [[0.01, 30, 3, 200], [0.1, 300, 30, 200], [1, 3000, 300, 200]]);
});

test('it is said where pretraining paid, where it hurt and where that does not show', (t) => {
  t.deepEqual(describeCurve(ROWS), [
    'Pretraining paid at 30 labels a class (6.1 points); it hurt at 3 labels a class.',
    'pretrained is 4.0 points worse at 3 labels a class (3 seeds, deviation 0.1, standard error 0.6): it hurt',
    'pretrained is 6.1 points better at 30 labels a class (3 seeds, deviation 1.0, standard error 0.9): it paid',
    'no difference that these seeds can show at 300 labels a class (difference 0.0 points, standard error 0.2; to show, it must be above 0.9 points)',
    'fine-tuning the trunk is better than a head on the frozen trunk at 300 labels a class',
    'a head on the frozen trunk is better than fine-tuning the trunk at 3 labels a class',
  ]);
});

test('of one seed it is said that it tells nothing of the spread', (t) => {
  const lines = describeCurve(summarise(find(0.1, { pretrained: [400], scratch: [340], probe: [399] }), 10));
  t.is(lines[0], 'Pretraining paid at 30 labels a class (6.0 points).');
  t.is(lines[1], 'pretrained is 6.0 points better at 30 labels a class (1 seed, standard error 0.8): with this seed it paid');
  t.regex(lines.at(-1)!, /^One seed says nothing of the spread/);
  t.is(describeCurve(summarise(find(0.1, { pretrained: [341], scratch: [340], probe: [340] }), 300))[0], 'Whether pretraining pays does not show at any count of labels.');
});

test('the table has a line for each share, differences with their errors', (t) => {
  t.deepEqual(tabulateCurve(ROWS), [
    '| share | labels | a class | steps | pretrained |    scratch |      probe | over scratch |  over probe |',
    '|------:|-------:|--------:|------:|-----------:|-----------:|-----------:|-------------:|------------:|',
    '|   1 % |     30 |       3 |   200 | 15.0 ± 0.1 | 19.0 ± 0.2 | 22.0 ± 0.2 |   -4.0 (0.6) |  -7.0 (0.8) |',
    '|  10 % |    300 |      30 |   200 | 40.1 ± 1.1 | 34.0 ± 0.1 | 40.0 ± 0.2 |   +6.1 (0.9) |  +0.1 (0.6) |',
    '| 100 % |   3000 |     300 |   200 | 51.9 ± 0.4 | 51.9 ± 0.2 | 40.0 ± 0.2 |    0.0 (0.2) | +11.9 (1.0) |',
  ]);
});
