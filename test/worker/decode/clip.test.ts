import { chmod, readFile, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import type { Ffmpeg } from '../../../shared/datasets/ffmpeg.js';
import { probeVideo } from '../../../shared/datasets/probe-video.js';
import { decodeClip, type ClipOptions } from '../../../worker/decode/clip.js';
import type { Frames } from '../../../worker/decode/frames.js';
import { DEFAULT_LIMITS } from '../../../worker/decode/limits.js';
import { findBuilds, type FfmpegBuild } from '../../helpers/ffmpeg-builds.js';
import { makeNumberedVideo, readNumbers } from '../../helpers/numbered-video.js';
import { makeTempFolder, writeFiles } from '../../helpers/temp-folder.js';
import { skipWithReason } from '../../helpers/test-data.js';

const builds = await findBuilds();
const count = (start: number, length: number, step = 1): number[] => Array.from({ length }, (_, i) => start + i * step);

function optionsFor(ffmpeg: Ffmpeg, options: Partial<ClipOptions>): ClipOptions {
  return { startS: 0, lengthS: 1, fps: 20, shortSide: 32, limits: DEFAULT_LIMITS, ffmpeg, ...options };
}

/** A test with every build of ffmpeg. */
function testEachBuild(title: string, run: (t: ExecutionContext, ffmpeg: Ffmpeg) => Promise<void>): void {
  for (const { name, ffmpeg, reason } of builds) {
    test(`${title} (${name} ffmpeg)`, (t) => (ffmpeg ? run(t, ffmpeg) : skipWithReason(t, reason)));
  }
}

testEachBuild('a clip begins at the very frame asked for, far from any key frame', async (t, ffmpeg) => {
  const path = join(await makeTempFolder(t), 'a.mp4');
  await makeNumberedVideo(path, { numFrames: 200, fps: 20 });
  for (const start of [0, 1, 7, 39, 40, 77, 121]) {
    const frames = await decodeClip(path, optionsFor(ffmpeg, { startS: start / 20 }));
    t.deepEqual(readNumbers(frames), count(start, 20), `from frame ${start}`);
  }
});

testEachBuild('at another rate, and from between two frames, a frame is the one that a player shows then', async (t, ffmpeg) => {
  const path = join(await makeTempFolder(t), 'a.mkv');
  await makeNumberedVideo(path, { numFrames: 200, fps: 20 });
  t.deepEqual(readNumbers(await decodeClip(path, optionsFor(ffmpeg, { startS: 3, lengthS: 2, fps: 5 }))), count(60, 10, 4));
  t.deepEqual(readNumbers(await decodeClip(path, optionsFor(ffmpeg, { startS: 3.03, lengthS: 0.5 }))), count(60, 10));
  t.deepEqual(readNumbers(await decodeClip(path, optionsFor(ffmpeg, { startS: 3, lengthS: 0.2, fps: 40 }))), [60, 60, 61, 61, 62, 62, 63, 63]);
});

testEachBuild('a variable rate is evened out by the times of frames', async (t, ffmpeg) => {
  const path = join(await makeTempFolder(t), 'vfr.mkv');
  // Frame n is shown from the tick n * (n + 1) / 2 on, of 20 ticks a second.
  await makeNumberedVideo(path, { numFrames: 16, fps: 20, options: ['-filter:v', 'setpts=N*(N+1)/2', '-vsync', '0'] });
  const shownAt = (tick: number): number => Math.floor((Math.sqrt(8 * tick + 1) - 1) / 2);
  t.deepEqual(readNumbers(await decodeClip(path, optionsFor(ffmpeg, { lengthS: 6, fps: 10 }))), count(0, 60, 2).map(shownAt));
  t.deepEqual(readNumbers(await decodeClip(path, optionsFor(ffmpeg, { startS: 2.4, lengthS: 2, fps: 10 }))), count(48, 20, 2).map(shownAt));
});

testEachBuild('a clip that runs over the end of the file has fewer frames', async (t, ffmpeg) => {
  const path = join(await makeTempFolder(t), 'a.mp4');
  await makeNumberedVideo(path, { numFrames: 30, fps: 20 });
  const frames = await decodeClip(path, optionsFor(ffmpeg, { startS: 1 }));
  t.deepEqual(readNumbers(frames), count(20, 10));
  t.is(frames.dataNHWC.length, 10 * frames.width * frames.height * 3);
  t.true(frames.dataNHWC.buffer instanceof SharedArrayBuffer);
  await t.throwsAsync(decodeClip(path, optionsFor(ffmpeg, { startS: 5 })), { code: 'DECODE_FAILED', message: /No frame/ });
});

testEachBuild('the picture is turned as the container asks', async (t, ffmpeg) => {
  const path = join(await makeTempFolder(t), 'turned.mp4');
  // Bit 0, the top left cell of 4x2, is the only white one of frame 1.
  await makeNumberedVideo(path, { numFrames: 2, fps: 20 });
  await turnQuarter(path);
  t.like(await probeVideo(path, { ffprobe: ffmpeg.ffprobe }), { width: 32, height: 64, rotation: 90 });
  const { dataNHWC, width, height } = await decodeClip(path, optionsFor(ffmpeg, { startS: 0.05, lengthS: 0.05 }));
  t.deepEqual([width, height], [32, 64]);
  const levelAt = (x: number, y: number): number => dataNHWC[(y * width + x) * 3]!;
  t.true(levelAt(24, 8) > 200, 'top right is white');
  t.true(levelAt(8, 8) < 60 && levelAt(8, 56) < 60 && levelAt(24, 56) < 60, 'the other corners are black');
});

/** Writes a quarter turn clockwise into the matrix of an mp4's track header (`tkhd`, version 0). */
async function turnQuarter(path: string): Promise<void> {
  const bytes = await readFile(path);
  const matrix = bytes.indexOf('tkhd') + 4 + 40;
  [0, 0x10000, 0, -0x10000, 0, 0, 32 << 16, 0, 0x40000000].forEach((value, i) => bytes.writeInt32BE(value, matrix + 4 * i));
  await writeFile(path, bytes);
}

testEachBuild('the same clip has the same bytes every time, and the size asked for', async (t, ffmpeg) => {
  const path = join(await makeTempFolder(t), 'a.mp4');
  await makeNumberedVideo(path, { numFrames: 40, fps: 20 });
  const options = optionsFor(ffmpeg, { startS: 0.35, shortSide: 46 });
  const [first, ...others] = await Promise.all([decodeClip(path, options), decodeClip(path, options), decodeClip(path, options)]);
  t.deepEqual([first.height, first.width, first.numFrames], [46, 92, 20]);
  for (const other of others) t.deepEqual(Buffer.from(other.dataNHWC), Buffer.from(first.dataNHWC));
});

test('both builds of ffmpeg decode to the same bytes', async (t) => {
  const [system, packaged] = builds as [FfmpegBuild, FfmpegBuild];
  if (!system.ffmpeg || !packaged.ffmpeg) return skipWithReason(t, system.reason || packaged.reason);
  const path = join(await makeTempFolder(t), 'a.mp4');
  await makeNumberedVideo(path, { numFrames: 60, fps: 20 });
  const [one, other] = await Promise.all([system.ffmpeg, packaged.ffmpeg].map((ffmpeg) => decodeClip(path, optionsFor(ffmpeg, { startS: 0.5, shortSide: 50 }))));
  t.deepEqual(Buffer.from(one!.dataNHWC), Buffer.from(other!.dataNHWC));
});

testEachBuild('a video damaged in the middle gives the same frames every time', async (t, ffmpeg) => {
  const path = join(await makeTempFolder(t), 'a.ts');
  await makeNumberedVideo(path, { numFrames: 80, fps: 20 });
  const options = optionsFor(ffmpeg, { lengthS: 3, size: { width: 64, height: 32 } });
  const whole = await decodeClip(path, options);
  const bytes = await readFile(path);
  for (let i = Math.floor(bytes.length / 3); i < bytes.length; i += 499) bytes[i]! ^= 0x55;
  await writeFile(path, bytes);
  const [first, ...others] = await Promise.all(count(0, 4).map(() => decodeClip(path, options)));
  t.notDeepEqual(Buffer.from(first!.dataNHWC), Buffer.from(whole.dataNHWC));
  for (const other of others) t.deepEqual(Buffer.from(other.dataNHWC), Buffer.from(first!.dataNHWC));
});

test('what is over a limit is refused before anything is decoded', async (t) => {
  const ffmpeg: Ffmpeg = { ffmpeg: '/nowhere', ffprobe: '/nowhere', source: 'path', version: '' };
  const size = { width: 64, height: 32 };
  await t.throwsAsync(decodeClip('a.mp4', optionsFor(ffmpeg, { size, lengthS: 1e6 })), { code: 'DECODE_LIMIT' });
  await t.throwsAsync(decodeClip('a.mp4', optionsFor(ffmpeg, { size: { width: 1e7, height: 1 } })), { code: 'DECODE_LIMIT' });
  await t.throwsAsync(decodeClip('a.mp4', optionsFor(ffmpeg, { size })), { code: 'WORKER_FAILED', message: /could not be started/ });
});

testEachBuild('a film with pictures larger than 8K is refused before one of them is decoded', async (t, ffmpeg) => {
  const path = join(await makeTempFolder(t), 'large.mp4');
  await makeNumberedVideo(path, { numFrames: 1, fps: 5, options: ['-vf', 'scale=16384:8192', '-c:v', 'mjpeg', '-q:v', '31', '-pix_fmt', 'yuvj420p'] });
  await t.throwsAsync(decodeClip(path, optionsFor(ffmpeg, {})), { code: 'DECODE_FAILED', message: /16384x8192/ });
});

test('an ffmpeg that hangs is killed, by the clock or on demand, and nothing of it is left', async (t) => {
  const folder = await makeTempFolder(t);
  const program = join(folder, 'ffmpeg');
  await writeFiles(folder, { ffmpeg: `#!/bin/sh\necho $$ > "${folder}/pid"\nhead -c 9000 /dev/zero\nexec sleep 60\n` });
  await chmod(program, 0o755);
  const ffmpeg: Ffmpeg = { ffmpeg: program, ffprobe: program, source: 'path', version: '' };
  const options = optionsFor(ffmpeg, { size: { width: 64, height: 32 } });
  const checkGone = async (): Promise<void> => {
    const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
    t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  };
  await t.throwsAsync(decodeClip('a.mp4', { ...options, limits: { ...DEFAULT_LIMITS, timeoutMs: 500 } }), { code: 'DECODE_TIMEOUT' });
  await checkGone();
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 500);
  await t.throwsAsync(decodeClip('a.mp4', { ...options, signal: abort.signal }), { code: 'CANCELLED' });
  await checkGone();
  await t.throwsAsync(decodeClip('a.mp4', { ...options, signal: abort.signal }), { code: 'CANCELLED' });
});

test('an ffmpeg that fails after some frames fails the clip', async (t) => {
  const folder = await makeTempFolder(t);
  await writeFiles(folder, { ffmpeg: '#!/bin/sh\nhead -c 30000 /dev/zero\necho "[h264 @ 0x55aa] broken" >&2\nexit 3\n' });
  await chmod(join(folder, 'ffmpeg'), 0o755);
  const ffmpeg: Ffmpeg = { ffmpeg: join(folder, 'ffmpeg'), ffprobe: '', source: 'path', version: '' };
  await t.throwsAsync(decodeClip('/x/a.mp4', optionsFor(ffmpeg, { size: { width: 64, height: 32 } })), { code: 'DECODE_FAILED', message: 'ffmpeg failed: [h264] broken' });
});

testEachBuild('interlaced frames are deinterlaced, others are left as they are', async (t, ffmpeg) => {
  const folder = await makeTempFolder(t);
  const [whole, halves] = [join(folder, 'whole.mkv'), join(folder, 'halves.mkv')];
  // A bar that moves 4 pixels from one half picture to the next: its edge is a comb where both are shown at once.
  const bar = ['-f', 'lavfi', '-i', 'color=black:s=64x64:r=50:d=1', '-f', 'lavfi', '-i', 'color=white:s=16x64:r=50:d=1', '-filter_complex'];
  const run = (filter: string, path: string, options: string[]): Promise<unknown> =>
    promisify(execFile)(ffmpeg.ffmpeg, ['-v', 'error', ...bar, `[0][1]overlay=x=4*n${filter}`, ...options, '-c:v', 'mpeg2video', '-q:v', '1', path]);
  await run('', whole, []);
  await run(',interlace=lowpass=0', halves, ['-flags', '+ildct+ilme']);
  const combing = ({ dataNHWC, width, height }: Frames): number => {
    let sum = 0;
    for (let y = 1; y < height - 1; y++) {
      for (let x = 0; x < width; x++) {
        const at = (row: number): number => dataNHWC[((2 * height + row) * width + x) * 3]!;
        sum += Math.max(0, Math.abs(at(y) - at(y - 1)) - Math.abs(at(y + 1) - at(y - 1)) - 20);
      }
    }
    return sum;
  };
  const decode = (path: string): Promise<Frames> => decodeClip(path, optionsFor(ffmpeg, { fps: 25, shortSide: 64 }));
  t.is(combing(await decode(whole)), 0);
  t.true(combing(await decode(halves)) < 2000, String(combing(await decode(halves))));
});
