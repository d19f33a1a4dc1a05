import test from 'ava';
import { annotateByFolder, parseLabels } from '../../../shared/datasets/labels.js';

test('labels.csv gives split, label and group by path, in any order of columns', (t) => {
  const labels = parseLabels('split,path,extra,label,group\nval,./a/b.mp4,x,dog,film 1\n,c.mp4,,,\ntrain,"d,e.mp4",,cat,');
  t.deepEqual([...labels], [
    ['a/b.mp4', { split: 'test', label: 'dog', group: 'film 1' }],
    ['c.mp4', {}],
    ['d,e.mp4', { split: 'train', label: 'cat' }],
  ]);
});

test('a split that does not exist is refused with its line', (t) => {
  t.throws(() => parseLabels('path,split\na.mp4,train\nb.mp4,trian'), { code: 'BAD_ARGUMENT', message: /line 3.*train, val or test.*"trian"/ });
});

test('a path that is listed twice is refused with its line', (t) => {
  t.throws(() => parseLabels('path\na.mp4\n./a.mp4'), { code: 'BAD_ARGUMENT', message: /line 3.*twice/ });
});

test('a labels.csv without a path column is refused with what it has', (t) => {
  t.throws(() => parseLabels('file,label\na.mp4,dog'), { code: 'BAD_ARGUMENT', message: /path.*"file,label"/ });
});

test('folders name the split and the label', (t) => {
  t.deepEqual(annotateByFolder('train/dog/1.mp4'), { split: 'train', label: 'dog' });
  t.deepEqual(annotateByFolder('val/dog/more/1.mp4'), { split: 'test', label: 'dog' });
  t.deepEqual(annotateByFolder('test/1.mp4'), { split: 'test' });
  t.deepEqual(annotateByFolder('dog/train/1.mp4'), { label: 'dog' });
  t.deepEqual(annotateByFolder('1.mp4'), {});
});
