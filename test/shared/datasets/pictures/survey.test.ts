// What becomes of pictures that cannot be counted.

import { rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { surveyPictures, type ValueSurvey } from '../../../../shared/datasets/pictures/survey.js';
import { makeTiff } from '../../../helpers/pictures.js';
import { makeTempFolder } from '../../../helpers/temp-folder.js';

const picture = makeTiff({ width: 2, height: 1, type: 'uint16', numbers: [5, 7] });

const survey = (...paths: string[]): Promise<ValueSurvey> => surveyPictures(paths, { channels: 'grey', isRaw: false, isWanted: () => true });

/** A file whose reading fails with EIO: the memory of this process, whose first page is not there. */
async function makeUnreadable(t: ExecutionContext, path: string): Promise<boolean> {
  if (process.platform === 'linux') await symlink('/proc/self/mem', path);
  else t.log('no file that cannot be read is known on this system');
  return process.platform === 'linux';
}

test('a damaged picture is left out, the others count', async (t) => {
  const root = await makeTempFolder(t);
  const [whole, torn] = [join(root, 'whole.tif'), join(root, 'torn.tif')];
  await writeFile(whole, picture);
  await writeFile(torn, picture.subarray(0, 20));
  const { numRead, histograms } = await survey(torn, whole);
  t.is(numRead, 1);
  t.is(histograms.get('uint16')![0]!.total, 2);
});

test('a machine that cannot read a picture ends the survey, and one that can in the end counts it', async (t) => {
  const root = await makeTempFolder(t);
  const [whole, bad, mended] = ['whole.tif', 'bad.tif', 'mended.tif'].map((name) => join(root, name)) as [string, string, string];
  await writeFile(whole, picture);
  await writeFile(mended, picture);
  if (!(await makeUnreadable(t, bad))) return t.pass();
  await t.throwsAsync(survey(whole, bad), { code: 'WORKER_FAILED', message: /bad\.tif" could not be read in 3 tries: EIO/ });
  const late = survey(whole, bad);
  setTimeout(() => void rename(mended, bad), 100);
  t.is((await late).numRead, 2);
});
