import test from 'ava';
import { findDuplicates } from '../../../scripts/data/find-duplicates.js';
import type { Item } from '../../../shared/datasets/dataset.js';

const item = (path: string, content: string, split: Item['split'] = 'train'): Item => ({ index: 0, path, kind: 'image', bytes: 1, split, content });

test('files of one content are found, those in two splits first', (t) => {
  t.deepEqual(findDuplicates([item('a', 'x'), item('b', 'y'), item('c', 'x'), item('d', 'y', 'test'), item('e', 'z')]), [
    { paths: ['b', 'd'], isAcrossSplits: true },
    { paths: ['a', 'c'], isAcrossSplits: false },
  ]);
});
