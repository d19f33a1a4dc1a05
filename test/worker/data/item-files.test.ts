import test, { type ExecutionContext } from 'ava';
import { mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { dirname, join } from 'node:path';
import { hashContent } from '../../../shared/datasets/content-hash.js';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { createFetchedFiles, createLocalFiles, type FetchOptions, type ItemFile, type ItemFiles } from '../../../worker/data/item-files.js';
import { openHttpSite } from '../../helpers/http-site.js';
import { until } from '../../helpers/processes.js';
import { makeTempFolder, writeFiles } from '../../helpers/temp-folder.js';

/** A file of ten bytes that says which it is. */
const contentOf = (index: number): string => String(index).padStart(10, '-');
const itemOf = (index: number): ItemFile => ({ index, path: `videos/${index}.mp4`, bytes: 10 });

async function hashOf(text: string, t: ExecutionContext): Promise<string> {
  const folder = await makeTempFolder(t);
  await writeFiles(folder, { x: text });
  return (await hashContent(join(folder, 'x'))).hash;
}

interface Site {
  readonly files: ItemFiles;
  /** Numbers of the items that were asked for, in order. */
  readonly asked: number[];
  readonly folder: string;
}

/** Files from a server of ten-byte items; `answer` may answer a request in its own way, which it says by true. */
async function openSite(t: ExecutionContext, options: Partial<FetchOptions> = {}, answer: (...given: Parameters<RequestListener>) => boolean = () => false): Promise<Site> {
  const asked: number[] = [];
  const { url } = await openHttpSite(t, (request, response) => {
    const index = Number(request.url!.split('/').at(-1));
    asked.push(index);
    if (!answer(request, response)) response.end(contentOf(index));
  });
  const folder = options.folder ?? (await makeTempFolder(t));
  const files = await createFetchedFiles({ url, stage: 1, dataset: 'videos', folder, maxBytes: 1e6, inUse: 1, ...options });
  t.teardown(() => files.dispose());
  return { files, asked, folder };
}

test('an item is fetched once, however often and at once it is opened', async (t) => {
  const { files, asked } = await openSite(t);
  const paths = await Promise.all([3, 3, 4].map((index) => files.open(itemOf(index))));
  t.is(paths[0], paths[1]);
  t.true(paths[0]!.endsWith('.mp4'));
  t.is(await readFile(paths[0]!, 'utf8'), contentOf(3));
  t.is(await files.open(itemOf(3)), paths[0]!);
  t.deepEqual(asked.sort(), [3, 4]);
});

test('the files opened longest ago go when there is no room, never those opened last, and come back when wanted', async (t) => {
  const { files, asked, folder } = await openSite(t, { maxBytes: 100, inUse: 8 });
  const first = await files.open(itemOf(0));
  for (let index = 1; index < 50; index++) await files.open(itemOf(index));
  // Those that may be in use are more than the room.
  await until('the others are gone', async () => (await readdir(folder)).length === 40 || undefined);
  t.false(existsSync(first));
  t.is(asked.length, 50);
  t.is(await readFile(await files.open(itemOf(49)), 'utf8'), contentOf(49));
  t.is(asked.length, 50);
  // Wanted again while it is being removed.
  const [again] = await Promise.all([files.open(itemOf(9)), files.open(itemOf(0))]);
  t.is(await readFile(again, 'utf8'), contentOf(9));
});

test('a file that was used again outlives those that were not', async (t) => {
  const { files, folder } = await openSite(t, { maxBytes: 10, inUse: 1 });
  const kept = await files.open(itemOf(0));
  const lost = await files.open(itemOf(1));
  for (let index = 2; index < 33; index++) await files.open(itemOf(index));
  await files.open(itemOf(0));
  for (let index = 33; index < 40; index++) await files.open(itemOf(index));
  await until('the others are gone', async () => (await readdir(folder)).length === 33 || undefined);
  t.true(existsSync(kept));
  t.false(existsSync(lost));
});

test('a file that another worker removed from a shared folder is fetched again', async (t) => {
  const { files, asked } = await openSite(t);
  await rm(await files.open(itemOf(5)));
  t.is(await readFile(await files.open(itemOf(5)), 'utf8'), contentOf(5));
  t.deepEqual(asked, [5, 5]);
});

test('a folder that holds files already is used as it is', async (t) => {
  const { files, folder } = await openSite(t);
  await files.open(itemOf(1));
  await files.dispose();
  const later = await openSite(t, { folder });
  t.is(await readFile(await later.files.open(itemOf(1)), 'utf8'), contentOf(1));
  t.deepEqual(later.asked, []);
});

test('what earlier work left in the folder counts, and makes room first, but not what others may be reading or a user keeps there', async (t) => {
  const folder = await makeTempFolder(t);
  const longAgo = new Date(Date.now() - 2 * 3_600_000);
  const nameAt = (i: number): string => `${String(i).padStart(64, '0')}.mp4`;
  const old = [...Array.from({ length: 40 }, (_, i) => nameAt(i)), `${nameAt(1)}.x.partial`, 'notes.txt'];
  await writeFiles(folder, Object.fromEntries([...old, nameAt(99)].map((name) => [name, '0123456789'])));
  for (const name of old) await utimes(join(folder, name), longAgo, longAgo);
  const { files } = await openSite(t, { folder, maxBytes: 400, inUse: 1 });
  for (let index = 0; index < 30; index++) await files.open(itemOf(index));
  await until('there is room', async () => (await readdir(folder)).length <= 42 || undefined);
  const left = await readdir(folder);
  t.true(left.includes('notes.txt') && left.includes(nameAt(99)));
  t.false(left.some((name) => name.endsWith('.partial')));
  t.is(left.filter((name) => old.includes(name)).length, 11);
});

test('an answer that breaks off is asked for again', async (t) => {
  let failures = 2;
  const { files, asked, folder } = await openSite(t, {}, (_request, response) => {
    if (failures-- <= 0) return false;
    response.writeHead(200, { 'content-length': 10 });
    response.write('half', () => response.destroy());
    return true;
  });
  t.is(await readFile(await files.open(itemOf(7)), 'utf8'), contentOf(7));
  t.deepEqual(asked, [7, 7, 7]);
  t.deepEqual((await readdir(folder)).filter((name) => name.endsWith('.partial')), []);
});

test('what another try does not cure is thrown at once, and not remembered', async (t) => {
  const statuses = [404, 401];
  const { files, asked } = await openSite(t, {}, (_request, response) => {
    const status = statuses.shift();
    if (status === undefined) return false;
    response.writeHead(status).end();
    return true;
  });
  t.is((await t.throwsAsync(files.open(itemOf(2)), { instanceOf: PretextError })).code, 'DATA_MISSING');
  t.is((await t.throwsAsync(files.open(itemOf(2)), { instanceOf: PretextError })).code, 'BAD_TOKEN');
  t.is(asked.length, 2);
  t.is(await readFile(await files.open(itemOf(2)), 'utf8'), contentOf(2));
});

test('a file that has changed since it was listed is no longer the item, whoever finds out', async (t) => {
  const { files, asked, folder } = await openSite(t, {}, ({ url }, response) => {
    if (url!.endsWith('/5')) response.writeHead(409).end();
    return url!.endsWith('/5');
  });
  const content = await hashOf(contentOf(2), t);
  for (const item of [{ ...itemOf(1), bytes: 11 }, { ...itemOf(1), bytes: 9 }, { ...itemOf(1), content }, itemOf(5)]) {
    t.is((await t.throwsAsync(files.open(item), { instanceOf: PretextError })).code, 'DATA_CHANGED');
  }
  t.is(asked.length, 4);
  t.deepEqual(await readdir(folder), []);
});

test('two datasets of equal names and sizes share a folder without mixing', async (t) => {
  const { files, folder, asked } = await openSite(t);
  const other = await openSite(t, { folder, dataset: 'videos' }, (_request, response) => {
    response.end('0987654321');
    return true;
  });
  const one = { ...itemOf(1), content: await hashOf(contentOf(1), t) };
  t.is(await readFile(await files.open(one), 'utf8'), contentOf(1));
  t.is(await readFile(await other.files.open({ ...itemOf(1), content: await hashOf('0987654321', t) }), 'utf8'), '0987654321');
  t.is(await readFile(await other.files.open(one), 'utf8'), contentOf(1));
  t.deepEqual([asked, other.asked], [[1], [1]]);
});

test('a file in the folder that was damaged is fetched again', async (t) => {
  const one = { ...itemOf(1), content: await hashOf(contentOf(1), t) };
  const { files, folder } = await openSite(t);
  const path = await files.open(one);
  await writeFile(path, Buffer.alloc(10));
  const later = await openSite(t, { folder });
  t.is(await readFile(await later.files.open(one), 'utf8'), contentOf(1));
  t.deepEqual(later.asked, [1]);
});

test('two workers fetch one file into one folder at once, each into a file of its own', async (t) => {
  const one = { ...itemOf(1), content: await hashOf(contentOf(1), t) };
  const slowly = (_request: unknown, response: { write(text: string): unknown; end(text: string): unknown }): boolean => {
    response.write(contentOf(1).slice(0, 5));
    setTimeout(() => response.end(contentOf(1).slice(5)), 100);
    return true;
  };
  const first = await openSite(t, {}, slowly);
  const second = await openSite(t, { folder: first.folder }, slowly);
  const opening = Promise.all([first.files.open(one), second.files.open(one)]);
  await until('both are under way', async () => (await readdir(first.folder)).filter((name) => name.endsWith('.partial')).length === 2 || undefined);
  for (const path of await opening) t.is(await readFile(path, 'utf8'), contentOf(1));
  t.is((await readdir(first.folder)).length, 1);
});

test('a temporary folder goes with its owner, and what is under way ends', async (t) => {
  const { url } = await openHttpSite(t, (request, response) => { if (request.url === '/data/2/1') response.end(contentOf(1)); });
  const files = await createFetchedFiles({ url, stage: 2, dataset: 'videos', maxBytes: 100, inUse: 1 });
  const path = await files.open(itemOf(1));
  const hanging = t.throwsAsync(files.open(itemOf(2)));
  await files.dispose();
  t.like(await hanging, { code: 'CANCELLED' });
  t.false(existsSync(dirname(path)));
});

test('a file of another dataset with the same path and size is another file', async (t) => {
  const { files, folder } = await openSite(t);
  const other = await openSite(t, { folder, dataset: 'other' }, (_request, response) => {
    response.end('other data');
    return true;
  });
  t.is(await readFile(await files.open(itemOf(1)), 'utf8'), contentOf(1));
  t.is(await readFile(await other.files.open(itemOf(1)), 'utf8'), 'other data');
});

test('a folder that cannot be made is said once, with what to give instead', async (t) => {
  if (process.platform !== 'linux') return t.pass();
  const error = await t.throwsAsync(openSite(t, { folder: '/proc/no/such' }), { instanceOf: PretextError, code: 'REFUSED' });
  t.is(error.message, 'Files from the coordinator cannot be kept in "/proc/no/such": "/proc/no" cannot be made: the file system takes no folders there.');
  t.regex(error.hint ?? '', /--cache/);
});

test('a copy of the data is opened in place, and what it lacks elsewhere', async (t) => {
  const root = await makeTempFolder(t);
  await writeFiles(root, { 'videos/1.mp4': contentOf(1), 'videos/2.mp4': 'another' });
  const elsewhere: number[] = [];
  const files = createLocalFiles(root, {
    openElsewhere({ index }) {
      elsewhere.push(index);
      return Promise.resolve('elsewhere');
    },
  });
  t.true((await files.open(itemOf(1))).endsWith('videos/1.mp4'));
  t.is(await files.open(itemOf(2)), 'elsewhere');
  t.is(await files.open(itemOf(3)), 'elsewhere');
  t.is(await files.open({ ...itemOf(1), content: await hashOf(contentOf(2), t) }), 'elsewhere');
  t.deepEqual(elsewhere, [2, 3, 1]);
  await t.throwsAsync(createLocalFiles(root).open({ ...itemOf(1), content: await hashOf(contentOf(2), t) }), { code: 'DATA_CHANGED' });
});

test('a path that leaves the folder is missing, links followed', async (t) => {
  const folder = await makeTempFolder(t);
  const root = join(folder, 'data');
  await mkdir(root);
  await writeFiles(folder, { secret: contentOf(1) });
  await symlink(join(folder, 'secret'), join(root, 'link'));
  const files = createLocalFiles(root);
  for (const path of ['../secret', 'link', 'absent']) {
    t.is((await t.throwsAsync(files.open({ ...itemOf(1), path }), { instanceOf: PretextError })).code, 'DATA_MISSING', path);
  }
  t.true((await createLocalFiles(root, { links: 'all' }).open({ ...itemOf(1), path: 'link' })).endsWith('secret'));
  t.is((await t.throwsAsync(createLocalFiles(join(folder, 'none')).open(itemOf(1)), { instanceOf: PretextError })).code, 'NOT_FOUND');
});
