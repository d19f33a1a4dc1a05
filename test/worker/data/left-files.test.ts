// What processes leave to those that come after them in a folder of fetched files.

import { readdir } from 'node:fs/promises';
import test from 'ava';
import { createFetchedFiles } from '../../../worker/data/item-files.js';
import { openHttpSite } from '../../helpers/http-site.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

test('processes that end early, one after another, keep to the size of their folder together', async (t) => {
  const folder = await makeTempFolder(t);
  const { url } = await openHttpSite(t, (_request, response) => void response.end('0123456789'));
  // Two workers with half of the folder each: what the other one holds is not this one's to count.
  for (const maxBytes of [500, 250]) {
    for (let life = 0; life < 4; life++) {
      const files = await createFetchedFiles({ url, stage: 1, dataset: 'videos', folder, maxBytes, folderBytes: 500, inUse: 1 });
      for (let i = 0; i < 50; i++) {
        const index = 50 * life + i;
        await files.open({ index, path: `${maxBytes}/${index}.mp4`, bytes: 10 });
      }
      await files.dispose();
      // Those that may be in use are more than half of the folder.
      const numFiles = (await readdir(folder)).length;
      t.true(numFiles >= 50 && numFiles <= (maxBytes === 500 ? 50 : 58), `${numFiles} files after life ${life} with ${maxBytes} bytes`);
    }
  }
});
