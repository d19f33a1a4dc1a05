import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { clusterSounds } from '../../../scripts/tools/cluster-sounds.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

test('only the files of data.list are listened to', async (t) => {
  const root = await makeTempFolder(t);
  const list = join(await makeTempFolder(t), 'list.txt');
  await writeFile(join(root, 'on.mp4'), 'no video');
  await writeFile(list, 'off.mp4\n');
  await t.throwsAsync(clusterSounds(JSON.stringify({ data: { list } }), root, 2), { code: 'BAD_ARGUMENT', message: /it has "off\.mp4", the folder has "on\.mp4"/ });
});
