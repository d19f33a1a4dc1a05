import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { findFfmpeg, locateFfmpeg } from '../../../shared/datasets/ffmpeg.js';
import { findBuilds } from '../../helpers/ffmpeg-builds.js';
import { makeTempFolder, writeFiles } from '../../helpers/temp-folder.js';
import { skipWithReason } from '../../helpers/test-data.js';

/** A program that states a version, as ffmpeg does. */
const standIn = (version: string): string => `#!/bin/sh\necho "ffmpeg version ${version} Copyright"\n`;

test('FFMPEG_PATH comes before PATH, and ffprobe is found beside it', async (t) => {
  const folder = await makeTempFolder(t);
  await writeFiles(folder, { 'own/ffmpeg': standIn('7.9'), 'own/ffprobe': standIn('7.9'), 'path/ffmpeg': standIn('1.0'), 'path/ffprobe': standIn('1.0') });
  for (const path of ['own/ffmpeg', 'own/ffprobe', 'path/ffmpeg', 'path/ffprobe']) await chmod(join(folder, path), 0o755);
  const PATH = `/nowhere:${join(folder, 'path')}`;
  const own = join(folder, 'own/ffmpeg');
  t.deepEqual(await findFfmpeg({ FFMPEG_PATH: own, PATH }), { ffmpeg: own, ffprobe: join(folder, 'own/ffprobe'), source: 'environment', version: '7.9' });
  t.like(await findFfmpeg({ PATH }), { ffmpeg: join(folder, 'path/ffmpeg'), source: 'path', version: '1.0' });
  t.like(await findFfmpeg({ FFPROBE_PATH: join(folder, 'own/ffprobe'), PATH }), { source: 'path', ffprobe: join(folder, 'own/ffprobe') });
});

test('a FFMPEG_PATH that cannot be run is an error that says what to install', async (t) => {
  await t.throwsAsync(findFfmpeg({ FFMPEG_PATH: '/nowhere/ffmpeg', FFPROBE_PATH: '/nowhere/ffprobe' }), { code: 'FFMPEG_ABSENT', message: /\/nowhere\/ffmpeg/ });
  const error = await t.throwsAsync<Error & { hint?: string }>(findFfmpeg({ FFMPEG_PATH: '/nowhere/ffmpeg' }));
  t.regex(error.hint ?? '', /[Ii]nstall ffmpeg/);
});

test('without any other, the npm packages are used, with a warning that they are old', async (t) => {
  const [, packaged] = await findBuilds();
  if (!packaged?.ffmpeg) return skipWithReason(t, packaged?.reason ?? '');
  t.is(packaged.ffmpeg.source, 'npm');
  t.regex(packaged.ffmpeg.warning ?? '', /2018.*trusted files only/);
});

test('an ffmpeg without an ffprobe beside it is completed from the npm package', async (t) => {
  const [, packaged] = await findBuilds();
  if (!packaged?.ffmpeg) return skipWithReason(t, packaged?.reason ?? '');
  const folder = await makeTempFolder(t);
  await writeFiles(folder, { ffmpeg: standIn('6.0') });
  await chmod(join(folder, 'ffmpeg'), 0o755);
  t.like(await findFfmpeg({ PATH: folder }), { ffmpeg: join(folder, 'ffmpeg'), ffprobe: packaged.ffmpeg.ffprobe, source: 'path' });
});

test('this process looks for ffmpeg once', async (t) => {
  t.is(await locateFfmpeg(), await locateFfmpeg());
});
