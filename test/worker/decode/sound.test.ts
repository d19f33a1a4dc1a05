// Sound on files of the real ffmpeg: when it is heard, how it sounds, and what happens where there is none.

import { execFile } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { locateFfmpeg, type Ffmpeg } from '../../../shared/datasets/ffmpeg.js';
import { createDecoder } from '../../../worker/decode/decoder.js';
import { DEFAULT_LIMITS } from '../../../worker/decode/limits.js';
import type { Sound } from '../../../worker/decode/media.js';
import { decodeSound, type SoundOptions } from '../../../worker/decode/sound.js';
import { findBuilds, type FfmpegBuild } from '../../helpers/ffmpeg-builds.js';
import { clickAt, makeSoundFile, SOUND_FILE_FPS, toneOf } from '../../helpers/sound-files.js';
import { makeTempFolder, writeFiles } from '../../helpers/temp-folder.js';
import { skipWithReason } from '../../helpers/test-data.js';

const RATE_HZ = 16_000;
/** What a spectrogram moves by from one column to the next. */
const HOP_S = 0.01;
const builds = await findBuilds();

/** Codecs and containers, with their options. */
const FORMATS = [['a.mkv', ['-c:a', 'pcm_s16le']], ['a.mkv', ['-c:a', 'flac']], ['a.mp4', ['-c:a', 'aac']]] as const;

function optionsFor(ffmpeg: Ffmpeg, options: Partial<SoundOptions> = {}): SoundOptions {
  return { startS: 0, lengthS: 1, rateHz: RATE_HZ, limits: DEFAULT_LIMITS, ffmpeg, ...options };
}

/** A test with every build of ffmpeg. */
function testEachBuild(title: string, run: (t: ExecutionContext, ffmpeg: Ffmpeg) => Promise<void>): void {
  for (const { name, ffmpeg, reason } of builds) {
    test(`${title} (${name} ffmpeg)`, (t) => (ffmpeg ? run(t, ffmpeg) : skipWithReason(t, reason)));
  }
}

const bytesOf = (sound: Sound | undefined): Buffer => Buffer.from(sound!.samples.slice().buffer);

/** Seconds at which it first gets loud. */
const findOnset = ({ samples, rateHz }: Sound): number => samples.findIndex((value) => Math.abs(value) > 0.25) / rateHz;

const levelOf = (samples: Float32Array): number => Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);

/** Share of the energy that lies at one pitch. */
function shareAt(samples: Float32Array, pitchHz: number): number {
  const [sine, cosine] = [Math.sin, Math.cos].map((wave) => samples.reduce((sum, value, i) => sum + value * wave((2 * Math.PI * pitchHz * i) / RATE_HZ), 0));
  return (2 * (sine! ** 2 + cosine! ** 2)) / samples.length / samples.reduce((sum, value) => sum + value * value, 0);
}

testEachBuild('a tone comes out at its pitch and level, from any place of the file', async (t, ffmpeg) => {
  const folder = await makeTempFolder(t);
  for (const [name, options] of FORMATS) {
    const path = join(folder, name);
    await makeSoundFile(path, { seconds: 5, soundAt: toneOf(440), options });
    for (const startS of [0, 0.25, 2.5]) {
      const { samples, rateHz } = (await decodeSound(path, optionsFor(ffmpeg, { startS, lengthS: 1.5 })))!;
      t.is(rateHz, RATE_HZ);
      t.is(samples.length, 24_000);
      t.true(samples.buffer instanceof SharedArrayBuffer);
      const middle = samples.subarray(4000, 20_000);
      t.true(shareAt(middle, 440) > 0.99, `${options[1]} from ${startS}`);
      t.true(Math.abs(levelOf(middle) - 0.5 * Math.SQRT1_2) < 0.02);
    }
  }
});

testEachBuild('a click is heard when it sounds, wherever the piece begins', async (t, ffmpeg) => {
  const folder = await makeTempFolder(t);
  for (const [name, options] of FORMATS) {
    const path = join(folder, name);
    await makeSoundFile(path, { seconds: 5, soundAt: clickAt(3.2), options });
    for (const startS of [0, 1.7, 2.5, 3.1]) {
      const onset = findOnset((await decodeSound(path, optionsFor(ffmpeg, { startS, lengthS: 5 - startS })))!);
      t.true(Math.abs(startS + onset - 3.2) < HOP_S / 4, `${options[1]} from ${startS}: ${startS + onset}`);
    }
  }
});

test('a decoder gives sound that begins with the first frame, and none where it is not wanted', async (t) => {
  const folder = await makeTempFolder(t);
  await makeSoundFile(join(folder, 'a.mp4'), { seconds: 6, soundAt: clickAt(4.6), whiteFromS: 4.6 });
  const create = async (soundHz?: number) => {
    const decoder = createDecoder({
      openItem: ({ path }) => Promise.resolve(join(folder, path)), cacheBytes: 10 ** 7, concurrency: 1, imageShortSide: 32,
      clip: { fps: SOUND_FILE_FPS, segmentS: 2, shortSide: 32 }, ffmpeg: await locateFfmpeg(), ...(soundHz !== undefined && { soundHz }),
    });
    t.teardown(() => decoder.dispose());
    return decoder;
  };
  const item = { index: 3, path: 'a.mp4', kind: 'video', bytes: 1, split: 'train', durationS: 6 } as const;
  const decoder = await create(RATE_HZ);
  const { frames, sound, fps, item: number } = await decoder.decode(item, 2);
  t.deepEqual([fps, number, sound!.samples.length], [SOUND_FILE_FPS, 3, 2 * RATE_HZ]);
  const firstWhite = Array.from({ length: frames.numFrames }, (_, i) => frames.dataNHWC[i * 32 * 32 * 3]!).findIndex((level) => level > 128);
  t.true(Math.abs(findOnset(sound!) - firstWhite / SOUND_FILE_FPS) < HOP_S);
  t.is(decoder.stats().bytes, frames.dataNHWC.length + sound!.samples.byteLength);
  t.is((await (await create()).decode(item, 2)).sound, undefined);
});

testEachBuild('two channels become their mean, at any rate', async (t, ffmpeg) => {
  const folder = await makeTempFolder(t);
  const [mono, stereo] = [join(folder, 'mono.mkv'), join(folder, 'stereo.mkv')];
  await makeSoundFile(mono, { seconds: 2, soundAt: toneOf(440), options: ['-c:a', 'pcm_s16le'] });
  // The tone on the left at 48 kHz, nothing on the right.
  await promisify(execFile)((await locateFfmpeg()).ffmpeg, ['-v', 'error', '-i', mono, '-af', 'pan=stereo|c0=c0', '-ar', '48000', '-c:v', 'copy', '-c:a', 'pcm_s16le', stereo]);
  const { samples } = (await decodeSound(stereo, optionsFor(ffmpeg, { rateHz: 8000 })))!;
  t.is(samples.length, 8000);
  t.true(Math.abs(levelOf(samples) - 0.25 * Math.SQRT1_2) < 0.005);
});

testEachBuild('a file without an audio stream has no sound, and silence is zeros', async (t, ffmpeg) => {
  const folder = await makeTempFolder(t);
  await makeSoundFile(join(folder, 'mute.mp4'), { seconds: 1 });
  await makeSoundFile(join(folder, 'silent.mp4'), { seconds: 1, soundAt: () => 0 });
  t.is(await decodeSound(join(folder, 'mute.mp4'), optionsFor(ffmpeg)), undefined);
  const silent = (await decodeSound(join(folder, 'silent.mp4'), optionsFor(ffmpeg)))!;
  t.true(silent.samples.length > 0.9 * RATE_HZ);
  t.true(silent.samples.every((value) => Math.abs(value) < 1e-4));
});

testEachBuild('sound that ends before the frames is shorter, and is empty behind its end', async (t, ffmpeg) => {
  const path = join(await makeTempFolder(t), 'a.mkv');
  await makeSoundFile(path, { seconds: 4, soundAt: toneOf(440), options: ['-af', 'atrim=end=2.5', '-c:a', 'pcm_s16le'] });
  const samplesFrom = async (startS: number): Promise<number> => (await decodeSound(path, optionsFor(ffmpeg, { startS })))!.samples.length;
  t.is(await samplesFrom(1), RATE_HZ);
  t.true(Math.abs((await samplesFrom(2)) - RATE_HZ / 2) < RATE_HZ * HOP_S);
  t.is(await samplesFrom(3.2), 0);
});

testEachBuild('sound that begins after the frames is silence until then', async (t, ffmpeg) => {
  const path = join(await makeTempFolder(t), 'a.mkv');
  await makeSoundFile(path, { seconds: 3, soundAt: (time) => clickAt(0)(time), options: ['-af', 'asetpts=PTS+1.5/TB', '-c:a', 'pcm_s16le'] });
  const sound = (await decodeSound(path, optionsFor(ffmpeg, { lengthS: 3 })))!;
  t.true(Math.abs(findOnset(sound) - 1.5) < HOP_S, String(findOnset(sound)));
});

testEachBuild('the same piece has the same bytes every time', async (t, ffmpeg) => {
  const path = join(await makeTempFolder(t), 'a.mp4');
  await makeSoundFile(path, { seconds: 4, soundAt: (time) => toneOf(200 + 300 * time)(time) });
  const decode = (): Promise<Sound | undefined> => decodeSound(path, optionsFor(ffmpeg, { startS: 1.3, lengthS: 2 }));
  const [first, ...others] = await Promise.all([decode(), decode(), decode()]);
  for (const other of others) t.deepEqual(bytesOf(other), bytesOf(first));
});

test('both builds of ffmpeg give the same samples up to rounding', async (t) => {
  const [system, packaged] = builds as [FfmpegBuild, FfmpegBuild];
  if (!system.ffmpeg || !packaged.ffmpeg) return skipWithReason(t, system.reason || packaged.reason);
  const folder = await makeTempFolder(t);
  for (const [name, options, limit] of [['a.mkv', ['-c:a', 'pcm_s16le'], 1e-6], ['a.mp4', ['-c:a', 'aac'], 1e-5]] as const) {
    const path = join(folder, name);
    await makeSoundFile(path, { seconds: 3, soundAt: (time) => toneOf(200 + 300 * time)(time), options });
    const [one, other] = await Promise.all([system.ffmpeg, packaged.ffmpeg].map((ffmpeg) => decodeSound(path, optionsFor(ffmpeg, { lengthS: 2 }))));
    const largest = one!.samples.reduce((most, value, i) => Math.max(most, Math.abs(value - other!.samples[i]!)), 0);
    t.log(`${options[1]}: largest difference ${largest}`);
    t.true(largest < limit);
  }
});

testEachBuild('damaged sound fails with a reason, or comes out the same every time', async (t, ffmpeg) => {
  const folder = await makeTempFolder(t);
  const path = join(folder, 'a.mp4');
  await makeSoundFile(path, { seconds: 4, soundAt: toneOf(440) });
  const whole = await decodeSound(path, optionsFor(ffmpeg, { lengthS: 4 }));
  const bytes = await readFile(path);
  for (let i = bytes.indexOf('mdat') + 40; i < bytes.length; i += 37) bytes[i]! ^= 0x55;
  await writeFile(path, bytes);
  const outcome = (): Promise<Buffer | string> => decodeSound(path, optionsFor(ffmpeg, { lengthS: 4 })).then(bytesOf, (error: Error & { code: string }) => `${error.code} ${error.message}`);
  const [first, second] = await Promise.all([outcome(), outcome()]);
  t.deepEqual(first, second);
  t.notDeepEqual(first, bytesOf(whole));
  if (typeof first === 'string') t.regex(first, /^DECODE_FAILED .{10}/);

  await writeFiles(folder, { 'broken.mp4': 'not a video' });
  await t.throwsAsync(decodeSound(join(folder, 'broken.mp4'), optionsFor(ffmpeg)), { code: 'DECODE_FAILED', message: /.{10}/ });
});

test('what is over the limit is refused, and an ffmpeg that hangs is killed', async (t) => {
  const nowhere: Ffmpeg = { ffmpeg: '/nowhere', ffprobe: '/nowhere', source: 'path', version: '' };
  await t.throwsAsync(decodeSound('a.mp4', optionsFor(nowhere, { lengthS: 1e6 })), { code: 'DECODE_LIMIT' });
  const folder = await makeTempFolder(t);
  const program = join(folder, 'ffmpeg');
  await writeFiles(folder, { ffmpeg: '#!/bin/sh\nhead -c 9000 /dev/zero\nexec sleep 60\n' });
  await chmod(program, 0o755);
  const hanging = optionsFor({ ...nowhere, ffmpeg: program });
  await t.throwsAsync(decodeSound('a.mp4', { ...hanging, limits: { ...DEFAULT_LIMITS, timeoutMs: 300 } }), { code: 'DECODE_TIMEOUT' });
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 300);
  await t.throwsAsync(decodeSound('a.mp4', { ...hanging, signal: abort.signal }), { code: 'CANCELLED' });
});
