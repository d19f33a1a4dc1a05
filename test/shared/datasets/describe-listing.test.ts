import test from 'ava';
import type { Item, Survey } from '../../../shared/datasets/dataset.js';
import { describeListing, findProblems } from '../../../shared/datasets/describe-listing.js';

const image = (index: number, item: Partial<Item> = {}): Item => ({ index, path: `${index}.jpg`, kind: 'image', bytes: 9, split: 'train', width: 4, height: 4, ...item });
const survey = (given: Partial<Survey>): Survey => ({ items: [], rejected: [], ignored: [], numHidden: 0, numOutside: 0, doubtful: [], ...given });

test('a dataset is told in a few lines', (t) => {
  const items = [image(0, { label: 'cat' }), image(1, { label: 'cat', split: 'test' }), image(2, { label: 'dog', width: 8 })];
  const labels = { rows: 4, matched: 2, unmatched: 2, unlisted: 1 };
  const ignored = [{ extension: 'dcm', count: 2, why: 'not read' }, { extension: '', count: 1, why: 'no name' }];
  t.deepEqual(describeListing(survey({ items, labels, ignored, rejected: [{ path: 'x.jpg', code: 'X', reason: 'torn' }] })), [
    '3 images: 2 to train on, 1 held out',
    '2 classes: cat 2, dog 1',
    'classes of one training item alone: cat, dog',
    '4x4 to 8x4 pixels, most often 4x4',
    'labels.csv: 2 of 4 rows matched, 2 name no file; 1 files are not listed',
    '1 cannot be used: x.jpg (torn)',
    'not used: 2 .dcm (not read), 1 files (no name)',
  ]);
});

test('videos are told with their lengths', (t) => {
  const items = [image(0, { kind: 'video', durationS: 60 }), image(1, { kind: 'video', durationS: 30 }), image(2, { kind: 'video' })];
  t.true(describeListing(survey({ items })).includes('1.5 min in all, 30.0 to 60.0 s each; 1 of unknown length'));
});

test('many classes and files are told by the first few', (t) => {
  const items = Array.from({ length: 9 }, (_, i) => image(i, { label: `c${i}` }));
  t.is(describeListing(survey({ items }))[1], '9 classes: c0 1, c1 1, c2 1, c3 1, c4 1 and 4 more');
});

test('what makes a run wrong is told, and an ordinary set has nothing to tell', (t) => {
  t.deepEqual(findProblems(survey({ items: [image(0)] })), []);
  const problems = findProblems(survey({
    items: [image(0, { split: 'test', label: 'val2017' })], numOutside: 12, doubtful: ['val2017', 'dog/train'],
    labels: { rows: 4, matched: 2, unmatched: 2, unlisted: 0 }, rejected: [1, 2].map((n) => ({ path: `${n}`, code: 'X', reason: 'y' })),
  }));
  const expected = [/^Nothing is left to train on/, /split.*: val2017, dog\/train\./, /^12 links lead out.*data\.links: all/, /^2 of 4 rows/, /^Most files cannot be used: 2 of 3/];
  t.is(problems.length, expected.length);
  expected.forEach((pattern, i) => t.regex(problems[i]!, pattern));
});

test('classes of hardly any item, classes that are held out alone and items without a label are told where there are labels', (t) => {
  const items = [
    ...[0, 1].map((index) => image(index, { label: 'cat' })), image(2, { label: 'dog' }), image(3, { label: 'fox', split: 'test' }), image(4), image(5, { split: 'test' }),
  ];
  const lines = describeListing(survey({ items }));
  t.deepEqual(lines.slice(2, 5), [
    'classes of one training item alone: dog', 'classes of no training item, which no task can learn and none is measured by: fox 1', 'without a label: 1 of 4 items to train on, 1 of 2 held out',
  ]);
  t.is(describeListing(survey({ items: items.map(({ index, split }) => image(index, { split })) })).length, 3);
});

test('labels that list classes are told as such, and their classes counted one by one', (t) => {
  const items = ['cat', 'dog;cat', ';', 'fox; dog', undefined, 'cat;cat;'].map((label, index) => image(index, label === undefined ? {} : { label }));
  const lines = describeListing(survey({ items: [...items, image(6, { label: 'hen', split: 'test' })] }));
  t.true(lines.includes('labels list classes (such as "dog;cat"), 3 in all: multi-label learns each, others take a list for a class of its own'), lines.join('\n'));
  t.true(lines.includes('classes of one training item alone: fox'));
});
