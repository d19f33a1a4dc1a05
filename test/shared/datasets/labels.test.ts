import { execFileSync } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { parseList } from '../../../shared/datasets/file-list.js';
import { keyBelow, parseLabels, readLabels } from '../../../shared/datasets/labels.js';
import { matchLabels } from '../../../shared/datasets/match-labels.js';
import { makeTempFolder, writeFiles } from '../../helpers/temp-folder.js';

test('labels.csv gives split, label and group by path, in any order of columns', (t) => {
  const labels = parseLabels('split,path,extra,label,group\nval,./a/b.mp4,x,dog,film 1\n,c.mp4,,,\ntrain,"d,e.mp4",,cat,');
  t.deepEqual([...labels], [
    ['a/b.mp4', { split: 'test', label: 'dog', group: 'film 1' }],
    ['c.mp4', {}],
    ['d,e.mp4', { split: 'train', label: 'cat' }],
  ]);
});

test('splits have all their usual names', (t) => {
  const names = ['train', 'Training', 'val', 'VALID', 'validation', 'dev', 'test', 'testing'];
  const labels = parseLabels(`path,split\n${names.map((name, i) => `${i},${name}`).join('\n')}`);
  t.deepEqual([...labels.values()].map(({ split }) => split), ['train', 'train', 'test', 'test', 'test', 'test', 'test', 'test']);
});

test('a split that does not exist is refused with its line, also one of every object', (t) => {
  t.throws(() => parseLabels('path,split\na.mp4,train\nb.mp4,trian'), { code: 'BAD_ARGUMENT', message: /line 3.*train, training, val.*"trian"/ });
  t.throws(() => parseLabels('path,split\na.mp4,constructor'), { code: 'BAD_ARGUMENT', message: /"constructor"/ });
});

test('a path that is listed twice is refused with its line', (t) => {
  t.throws(() => parseLabels('path\na.mp4\n./a.mp4'), { code: 'BAD_ARGUMENT', message: /line 3.*twice/ });
});

test('a labels.csv without a path column is refused with a little of what it has', (t) => {
  t.throws(() => parseLabels('file,label\na.mp4,dog'), { code: 'BAD_ARGUMENT', message: /path.*"file,label"/ });
  t.throws(() => parseLabels('x'.repeat(1000)), { code: 'BAD_ARGUMENT', message: /^.{100,300}$/ });
});

test('a labels.csv that is no file of the folder is one clear error each, and nothing waits', async (t) => {
  const root = await makeTempFolder(t);
  const make = async (name: string): Promise<string> => {
    await mkdir(join(root, name), { recursive: true });
    return join(root, name, 'labels.csv');
  };
  execFileSync('mkfifo', [await make('pipe')]);
  await mkdir(await make('folder'));
  await writeFiles(root, { secret: 'root:x:0:0' });
  await symlink(join(root, 'secret'), await make('link'));
  await symlink(join(root, 'nothing'), await make('broken'));
  const cases = [['pipe', /no regular file/], ['folder', /it is a folder/], ['link', /link that leads out of the folder/]] as const;
  for (const [name, message] of cases) {
    const error = await t.throwsAsync(readLabels(join(root, name)), { code: 'BAD_ARGUMENT', message });
    t.notRegex(error.message, /root:x/);
  }
  t.is(await readLabels(join(root, 'broken')), undefined);
  t.is(await readLabels(root), undefined);
  await writeFiles(root, { secret: 'path\na.jpg' });
  t.is((await readLabels(join(root, 'link'), 'all'))?.size, 1);
});

const FILES = { root: '/data', paths: ['a.jpg', 'b.jpg', 'ä.jpg'], ofKind: ['a.jpg', 'b.jpg', 'ä.jpg'], allPaths: ['a.jpg', 'b.jpg', 'notes.txt', 'ä.jpg'] };

test('rows are counted: of files, of no file, and files of no row', (t) => {
  const labels = parseLabels('path,label\na.jpg,dog\ngone.jpg,dog\ngone-too,cat\nnotes.txt,cat');
  const { annotations, counts, missing } = matchLabels(labels, FILES);
  t.deepEqual([...annotations], [['a.jpg', { label: 'dog' }]]);
  t.deepEqual(counts, { rows: 4, matched: 1, unmatched: 2, unlisted: 2 });
  t.deepEqual(missing.map(({ path, code }) => [path, code]), [['gone.jpg', 'NOT_FOUND'], ['gone-too', 'NOT_FOUND']]);
});

test('a path may begin at the root of the disk, and its accents may be written in either way', (t) => {
  const { annotations } = matchLabels(parseLabels(`path,label\n/data/b.jpg,dog\n${'ä'.normalize('NFD')}.jpg,cat`), FILES);
  t.deepEqual([...annotations], [['b.jpg', { label: 'dog' }], ['ä.jpg', { label: 'cat' }]]);
});

test('rows of files that exist but are not used are neither missing nor a mistake', (t) => {
  const labels = parseLabels('path,label\nb.jpg,dog');
  t.deepEqual(matchLabels(labels, { ...FILES, paths: ['a.jpg'] }), { annotations: new Map(), missing: [], counts: { rows: 1, matched: 0, unmatched: 0, unlisted: 1 } });
});

test('a folder whose own name has accents is found in paths of either way', (t) => {
  const [composed, apart] = ['/daten/bäume', '/daten/bäume'].map((path, i) => path.normalize(i === 0 ? 'NFC' : 'NFD')) as [string, string];
  for (const [written, root] of [[composed, apart], [apart, composed], [apart, apart]] as const) {
    t.is(keyBelow(`${written}\\.\\ä.jpg`, root), 'ä.jpg'.normalize('NFC'));
    t.deepEqual([...matchLabels(parseLabels(`path\n${written}/a.jpg`), { ...FILES, root }).annotations.keys()], ['a.jpg']);
    t.deepEqual([...parseList(`${written}/a.jpg`, root).keys()], ['a.jpg']);
  }
  t.is(keyBelow('/daten/bäume2/a.jpg', composed), '/daten/bäume2/a.jpg');
});

test('rows of which none names a file are an error with an example of each side', (t) => {
  for (const row of ['a', '/somewhere/else/a.jpg', 'notes.txt']) {
    t.throws(() => matchLabels(parseLabels(`path\n${row}`), FILES), { code: 'BAD_ARGUMENT', message: new RegExp(`1 rows, and none.*"${row}".*"a\\.jpg"`) });
  }
});
