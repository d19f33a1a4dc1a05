import test from 'ava';
import { labelByFolders } from '../../../shared/datasets/folder-labels.js';
import { looksLikeSplit, splitOf } from '../../../shared/datasets/split-names.js';

/** Split and label of each path, in order. */
const read = (...paths: string[]): unknown[] => [...labelByFolders(paths).annotations.values()];

test('folders name the split and the label', (t) => {
  t.deepEqual(read('train/dog/1.mp4', 'val/dog/more/1.mp4', 'test/1.mp4', 'dog/train/1.mp4', '1.mp4'), [
    { split: 'train', label: 'dog' }, { split: 'test', label: 'dog' }, { split: 'test' }, { label: 'dog' }, {},
  ]);
});

test('splits have all their usual names, in any case', (t) => {
  for (const name of ['train', 'Training', 'TRAIN']) t.is(splitOf(name), 'train', name);
  for (const name of ['val', 'valid', 'Validation', 'dev', 'test', 'TESTING']) t.is(splitOf(name), 'test', name);
  for (const name of ['constructor', '__proto__', 'toString', 'tests', '']) t.is(splitOf(name), undefined, name);
  t.deepEqual(read('train/cat/1.jpg', 'valid/cat/2.jpg'), [{ split: 'train', label: 'cat' }, { split: 'test', label: 'cat' }]);
});

test('split and label are found below folders that all files share', (t) => {
  t.deepEqual(read('images/train/cat/1.jpg', 'images/test/dog/2.jpg'), [{ split: 'train', label: 'cat' }, { split: 'test', label: 'dog' }]);
  t.deepEqual(read('a/b/cat/1.jpg', 'a/b/dog/2.jpg', 'a/b/3.jpg'), [{ label: 'cat' }, { label: 'dog' }, {}]);
  t.deepEqual(read('train/cat/1.jpg', 'train/cat/2.jpg'), [{ split: 'train', label: 'cat' }, { split: 'train', label: 'cat' }]);
});

test('the only folder is the only class', (t) => {
  t.deepEqual(read('cat/1.jpg', 'cat/2.jpg'), [{ label: 'cat' }, { label: 'cat' }]);
  t.deepEqual(read('1.jpg'), [{}]);
  t.deepEqual(read(), []);
});

test('class folders may have any name', (t) => {
  t.deepEqual(read('constructor/1.jpg', '__proto__/2.jpg', 'toString/3.jpg'), [{ label: 'constructor' }, { label: '__proto__' }, { label: 'toString' }]);
});

test('folders that look like a split and are none are named', (t) => {
  t.deepEqual(labelByFolders(['train2017/1.jpg', 'val2017/2.jpg', 'dogs/3.jpg']).doubtful, ['train2017', 'val2017']);
  t.deepEqual(labelByFolders(['dog/train/1.jpg', 'cat/test/2.jpg']).doubtful, ['cat/test', 'dog/train']);
  t.deepEqual(labelByFolders(['train/dog/1.jpg', 'test/dog/2.jpg']).doubtful, []);
  for (const name of ['trainers', 'valley', 'device', 'testament']) t.false(looksLikeSplit(name), name);
});
