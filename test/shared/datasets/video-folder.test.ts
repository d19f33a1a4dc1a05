import { chmod, copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { probeVideo } from '../../../shared/datasets/probe-video.js';
import { videoFolder } from '../../../shared/datasets/video-folder.js';
import { makeNumberedVideo } from '../../helpers/numbered-video.js';
import { makeTempFolder, writeFiles } from '../../helpers/temp-folder.js';

test('videos are listed with size, duration and rate, and what is no video is rejected', async (t) => {
  const root = await makeTempFolder(t);
  await writeFiles(root, { 'empty.mp4': '', 'text.mkv': 'not a video', 'notes.txt': 'x' });
  await makeNumberedVideo(join(root, 'name with space & ünïcode.mp4'), { numFrames: 25, fps: 10 });
  await copyFile(join(root, 'name with space & ünïcode.mp4'), join(root, '-v.mp4'));
  const bytes = await readFile(join(root, '-v.mp4'));
  await writeFiles(root, { 'half.mp4': bytes.subarray(0, bytes.length / 2) });
  const { items, rejected, ignored } = await videoFolder.list(root, { holdout: 0, seed: 1 });
  t.deepEqual(items.map(({ path }) => path), ['-v.mp4', 'name with space & ünïcode.mp4']);
  t.like(items[1], { kind: 'video', width: 64, height: 32, durationS: 2.5, fps: 10, rotation: 0, split: 'train' });
  t.deepEqual(rejected.map(({ path, code }) => [path, code]), [['empty.mp4', 'DECODE_FAILED'], ['half.mp4', 'DECODE_FAILED'], ['text.mkv', 'DECODE_FAILED']]);
  t.like(ignored, [{ extension: 'txt', count: 1 }]);
});

test('a playlist dressed as a video reaches no other file', async (t) => {
  const root = await makeTempFolder(t);
  await makeNumberedVideo(join(root, 'good.mp4'), { numFrames: 5, fps: 5 });
  await writeFiles(root, {
    'concat.mp4': 'ffconcat version 1.0\nfile good.mp4\nduration 1\n',
    'hls.mp4': '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\ngood.mp4\n#EXT-X-ENDLIST\n',
  });
  const { items, rejected } = await videoFolder.list(root, { holdout: 0, seed: 1 });
  t.deepEqual(items.map(({ path }) => path), ['good.mp4']);
  t.deepEqual(rejected.map(({ path }) => path), ['concat.mp4', 'hls.mp4']);
});

test('a probe that does not end is killed, by the clock or on demand', async (t) => {
  const folder = await makeTempFolder(t);
  const ffprobe = join(folder, 'ffprobe');
  await writeFiles(folder, { ffprobe: `#!/bin/sh\necho $$ > "${folder}/pid"\nexec sleep 60\n` });
  await chmod(ffprobe, 0o755);
  const isGone = async (): Promise<void> => {
    const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
    t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  };
  await t.throwsAsync(probeVideo('x.mp4', { ffprobe, timeoutMs: 500 }), { code: 'DECODE_TIMEOUT' });
  await isGone();
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 500);
  await t.throwsAsync(probeVideo('x.mp4', { ffprobe, signal: abort.signal }), { code: 'CANCELLED' });
  await isGone();
});

test('a probe that never stops talking is cut off', async (t) => {
  const folder = await makeTempFolder(t);
  await writeFiles(folder, { ffprobe: '#!/bin/sh\nexec yes\n' });
  await chmod(join(folder, 'ffprobe'), 0o755);
  await t.throwsAsync(probeVideo('x.mp4', { ffprobe: join(folder, 'ffprobe') }), { code: 'DECODE_LIMIT' });
});
