import { rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { checkData } from '../../../coordinator/run/check-data.js';
import { imageFolder } from '../../../shared/datasets/image-folder.js';
import { makeImages } from '../../helpers/data.js';
import { makePng } from '../../helpers/png.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

test('data that are as they were listed may be gone on with, touched or in part gone', async (t) => {
  const root = await makeTempFolder(t);
  await makeImages(root, 6);
  const { items } = await imageFolder.list(root, { holdout: 0, seed: 1 });
  const check = (): Promise<void> => checkData({ root, links: 'inside', items });
  await t.notThrowsAsync(check());
  await utimes(join(root, '001.png'), 1, 1);
  await rm(join(root, '002.png'));
  await t.notThrowsAsync(check());
  await t.notThrowsAsync(checkData({ root: join(root, 'gone'), links: 'inside', items }));
});

test('files that hold something else are named', async (t) => {
  const root = await makeTempFolder(t);
  await makeImages(root, 6);
  const { items } = await imageFolder.list(root, { holdout: 0, seed: 1 });
  for (const { path, bytes } of items.slice(1, 6)) await writeFile(join(root, path), Buffer.alloc(path === '001.png' ? bytes : bytes + 1));
  await t.throwsAsync(checkData({ root, links: 'inside', items }), { code: 'DATA_CHANGED', message: /^5 files of .*"001\.png", "002\.png", "003\.png" and 2 more\.$/ });
});

test('a mask that was drawn anew is named where masks are learnt from, and only there', async (t) => {
  const root = await makeTempFolder(t);
  await makeImages(root, 2);
  const path = join(root, '000.mask.png');
  const draw = (value: number): Promise<void> => writeFile(path, makePng({ width: 48, height: 48, values: new Uint8Array(48 * 48).fill(value) }));
  await draw(0);
  const { items } = await imageFolder.list(root, { holdout: 0, seed: 1 });
  await draw(1);
  await utimes(path, 1, 1);
  await t.notThrowsAsync(checkData({ root, links: 'inside', items }));
  await t.throwsAsync(checkData({ root, links: 'inside', items, labelKind: 'mask' }), { code: 'DATA_CHANGED', message: /^1 files .*"000\.mask\.png"/ });
});
