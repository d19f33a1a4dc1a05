// What comes out of picture files whose every byte is known.

import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import { openPicture } from '../../../../shared/datasets/pictures/open-picture.js';
import type { DataRange } from '../../../../shared/datasets/pictures/range.js';
import { toBytePicture, type Channels } from '../../../../shared/datasets/pictures/to-bytes.js';
import { makeDicom, makeTiff, signedWords, words } from '../../../helpers/pictures.js';
import { makeTempFolder, writeFiles } from '../../../helpers/temp-folder.js';

interface Read {
  readonly bands: number;
  readonly type: string;
  readonly size: readonly [width: number, height: number];
  /** Bytes of each frame. */
  readonly frames: readonly (readonly number[])[];
}

interface Wanted {
  readonly channels?: Channels;
  readonly range?: DataRange;
  readonly name?: string;
}

async function read(t: ExecutionContext, bytes: Uint8Array, { channels = 'rgb', range = 'full', name = 'picture' }: Wanted = {}): Promise<Read> {
  const folder = await makeTempFolder(t);
  await writeFiles(folder, { [name]: bytes });
  const picture = await openPicture(join(folder, name));
  const rasters = await picture.readRasters();
  const frames = rasters.map((raster) => toBytePicture(raster, { channels, range }));
  for (const { width, height } of frames) t.deepEqual([width, height], [picture.width, picture.height]);
  return { bands: picture.bands, type: picture.type, size: [picture.width, picture.height], frames: frames.map(({ bytesHWC }) => [...bytesHWC]) };
}

const greys = (...levels: number[]): number[] => levels.flatMap((level) => [level, level, level]);

for (const [type, numbers, range, expected] of [
  ['uint16', [0, 1000, 4095, 9000], { bits: 12 }, [0, 62, 255, 255]],
  ['int16', [-1000, -1001, 500, 2000], [-1000, 2000], [0, 0, 128, 255]],
  ['int8', [-128, -1, 0, 127], 'full', [0, 127, 128, 255]],
  ['uint32', [0, 2 ** 31, 2 ** 32 - 1, 100], 'full', [0, 128, 255, 0]],
  ['int32', [-70_000, 0, 70_000, 35_000], [-70_000, 70_000], [0, 128, 255, 191]],
  ['float32', [0, 0.25, 1, Number.NaN], 'full', [0, 64, 255, 0]],
  ['float64', [-1e300, 1e-3, 2e-3, Infinity], { limits: [[0, 2e-3]] }, [0, 128, 255, 255]],
  ['int16', [-2048, 0, 2047, 100], { bits: 12 }, [0, 128, 255, 134]],
] as const) {
  test(`a TIFF of ${type} is brought to the range ${JSON.stringify(range)}`, async (t) => {
    const found = await read(t, makeTiff({ width: 2, height: 2, type, numbers }), { range, channels: 'grey' });
    t.deepEqual(found, { bands: 1, type, size: [2, 2], frames: [[...expected]] });
  });
}

const FOUR = [10, 20, 30, 40, 50, 60, 70, 80];

test('a fourth band of a TIFF is one unless ExtraSamples says that it is opacity', async (t) => {
  const rgbn = makeTiff({ width: 2, height: 1, type: 'uint8', numbers: FOUR, photometric: 2, extra: [0] });
  t.like(await read(t, rgbn), { bands: 4, frames: [[10, 20, 30, 50, 60, 70]] });
  t.deepEqual((await read(t, rgbn, { channels: [4, 1] })).frames, [[40, 10, 80, 50]]);
  const grey = makeTiff({ width: 2, height: 1, type: 'uint8', numbers: FOUR, extra: [0, 0, 0] });
  t.like(await read(t, grey), { bands: 4, frames: [[10, 20, 30, 50, 60, 70]] });
  const rgba = makeTiff({ width: 2, height: 1, type: 'uint8', numbers: [10, 20, 30, 0, 50, 60, 70, 255], photometric: 2, extra: [2] });
  t.like(await read(t, rgba), { bands: 3, frames: [[128, 128, 128, 50, 60, 70]] });
});

test('six bands of 8 and of 16 bits are read, in any order', async (t) => {
  const numbers = [1, 2, 3, 4, 5, 6].map((band) => band * 10);
  t.like(await read(t, makeTiff({ width: 1, height: 1, type: 'uint8', numbers, extra: [0, 0, 0, 0, 0] }), { channels: [1, 2, 3, 4, 5, 6] }), { bands: 6, frames: [numbers] });
  const deep = makeTiff({ width: 1, height: 1, type: 'uint16', numbers: numbers.map((value) => value * 257), extra: [0, 0, 0, 0, 0] });
  t.like(await read(t, deep, { channels: [6, 1] }), { bands: 6, type: 'uint16', frames: [[60, 10]] });
});

test('a band that is not there is an error with both numbers', async (t) => {
  const bytes = makeTiff({ width: 1, height: 1, type: 'uint8', numbers: [1, 2, 3, 4], extra: [0, 0, 0] });
  await t.throwsAsync(read(t, bytes, { channels: [5] }), { code: 'DECODE_FAILED', message: /4 bands.*band 5/ });
});

test('a TIFF is turned as its orientation says, and inverted where white is zero', async (t) => {
  const numbers = [0, 1, 2, 3, 4, 5].map((value) => value / 5);
  const turned = await read(t, makeTiff({ width: 3, height: 2, type: 'float32', numbers, orientation: 6 }), { channels: 'grey' });
  t.deepEqual(turned, { bands: 1, type: 'float32', size: [2, 3], frames: [[153, 0, 204, 51, 255, 102]] });
  t.deepEqual((await read(t, makeTiff({ width: 3, height: 2, type: 'float32', numbers, photometric: 0 }), { channels: 'grey' })).frames, [[255, 204, 153, 102, 51, 0]]);
});

test('DICOM gives what its rescale means, between the ends of its window', async (t) => {
  const ct = makeDicom({ width: 2, height: 2, pixels: words(0, 864, 1064, 1264), bits: [16, 12], slope: 1, intercept: -1024, window: [40, 400] });
  // From 40 - 0.5 - 399 / 2 = -160 to 239.
  t.deepEqual(await read(t, ct), { bands: 1, type: 'int32', size: [2, 2], frames: [greys(0, 0, 128, 255)] });
  t.deepEqual((await read(t, ct, { range: [-1024, 1024], channels: 'grey' })).frames, [[0, 108, 132, 157]]);
});

test('DICOM of signed numbers, of 8 bits and inverted', async (t) => {
  const signed = makeDicom({ width: 2, height: 1, pixels: signedWords(-2000, 2000), isSigned: true });
  t.like(await read(t, signed, { channels: 'grey', range: [-2000, 2000] }), { type: 'int16', frames: [[0, 255]] });
  const eight = makeDicom({ width: 2, height: 2, pixels: Buffer.from([0, 10, 200, 255]), bits: [8, 8], photometric: 'MONOCHROME1' });
  t.like(await read(t, eight, { channels: 'grey' }), { type: 'uint8', frames: [[255, 245, 55, 0]] });
});

test('the frames of a DICOM file are frames', async (t) => {
  const bytes = makeDicom({ width: 1, height: 2, pixels: Buffer.from([1, 2, 3, 4, 5, 6]), bits: [8, 8], frames: 3 });
  t.deepEqual((await read(t, bytes, { channels: 'grey' })).frames, [[1, 2], [3, 4], [5, 6]]);
});

test('colours of DICOM: by pixel, by plane, luma and chroma', async (t) => {
  const options = { width: 2, height: 1, bits: [8, 8], samplesPerPixel: 3, photometric: 'RGB' } as const;
  t.like(await read(t, makeDicom({ ...options, pixels: Buffer.from([1, 2, 3, 4, 5, 6]) })), { bands: 3, frames: [[1, 2, 3, 4, 5, 6]] });
  t.deepEqual((await read(t, makeDicom({ ...options, pixels: Buffer.from([1, 4, 2, 5, 3, 6]), isPlanar: true }))).frames, [[1, 2, 3, 4, 5, 6]]);
  // Red is Y 76, Cb 85, Cr 255 in full-range BT.601.
  const red = await read(t, makeDicom({ ...options, photometric: 'YBR_FULL', pixels: Buffer.from([76, 85, 255, 128, 128, 128]) }));
  t.deepEqual(red.frames, [[254, 0, 0, 128, 128, 128]]);
});

test('run lengths of DICOM are expanded, the high bytes first', async (t) => {
  const segment = Buffer.alloc(64);
  segment.writeUInt32LE(2, 0);
  segment.writeUInt32LE(64, 4);
  segment.writeUInt32LE(66, 8);
  // Four times 1 in the high bytes; 0, 1, 2, 3 in the low ones.
  const rle = Buffer.concat([segment, Buffer.from([253, 1, 3, 0, 1, 2, 3])]);
  const bytes = makeDicom({ width: 2, height: 2, pixels: Buffer.alloc(0), syntax: '1.2.840.10008.1.2.5', fragments: [Buffer.alloc(0), rle] });
  t.deepEqual((await read(t, bytes, { channels: 'grey', range: [256, 511] })).frames, [[0, 1, 2, 3]]);
});

test('JPEG inside DICOM is decoded, and then rescaled as other numbers are', async (t) => {
  const jpeg = await sharp(Buffer.alloc(64, 100), { raw: { width: 8, height: 8, channels: 1 } }).toColourspace('b-w').jpeg({ quality: 100 }).toBuffer();
  const options = { width: 8, height: 8, pixels: Buffer.alloc(0), bits: [8, 8], syntax: '1.2.840.10008.1.2.4.50', fragments: [Buffer.alloc(0), jpeg] } as const;
  t.deepEqual((await read(t, makeDicom(options), { channels: 'grey' })).frames, [Array.from({ length: 64 }, () => 100)]);
  const rescaled = await read(t, makeDicom({ ...options, slope: 2, intercept: -100 }), { channels: 'grey', range: [0, 255] });
  t.deepEqual([rescaled.type, rescaled.frames[0]![0]], ['int32', 100]);
  const colours = await sharp({ create: { width: 8, height: 8, channels: 3, background: { r: 200, g: 100, b: 50 } } }).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
  const { frames } = await read(t, makeDicom({ ...options, samplesPerPixel: 3, photometric: 'YBR_FULL_422', fragments: [Buffer.alloc(0), colours] }));
  [200, 100, 50].forEach((level, c) => t.true(Math.abs(frames[0]![c]! - level) <= 2, String(frames[0]![c])));
});

test('a DICOM compression that is not read is named with its remedy', async (t) => {
  const bytes = makeDicom({ width: 1, height: 1, pixels: Buffer.alloc(0), syntax: '1.2.840.10008.1.2.4.90', fragments: [Buffer.alloc(0), Buffer.from([1, 2])] });
  await t.throwsAsync(read(t, bytes), { code: 'DECODE_FAILED', message: /JPEG 2000.*1\.2\.840\.10008\.1\.2\.4\.90.*gdcmconv/ });
});

/** A BMP of so many bits; `rows` as they lie in the file, padded by whoever calls. */
function makeBmp(bits: number, [width, height]: readonly [number, number], rows: readonly number[], { palette = [], compression = 0 }: { readonly palette?: readonly number[]; readonly compression?: number } = {}): Buffer {
  const header = Buffer.alloc(54);
  header.write('BM', 0, 'latin1');
  header.writeUInt32LE(54 + palette.length, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  header.writeUInt32LE(compression, 30);
  header.writeUInt32LE(palette.length / 4, 46);
  return Buffer.concat([header, Buffer.from(palette), Buffer.from(rows)]);
}

const COLOURS = [0, 0, 0, 0, 30, 20, 10, 0];

for (const [name, bytes, expected] of [
  ['24 bits from the bottom', makeBmp(24, [1, 2], [3, 2, 1, 0, 6, 5, 4, 0]), [4, 5, 6, 1, 2, 3]],
  ['24 bits from the top', makeBmp(24, [1, -2], [3, 2, 1, 0, 6, 5, 4, 0]), [1, 2, 3, 4, 5, 6]],
  ['32 bits, the last eight of which mean nothing', makeBmp(32, [2, 1], [3, 2, 1, 9, 6, 5, 4, 0]), [1, 2, 3, 4, 5, 6]],
  ['16 bits', makeBmp(16, [2, 1], [0x1f, 0, 0, 0x7c]), [0, 0, 255, 255, 0, 0]],
  ['8 bits of a palette', makeBmp(8, [2, 1], [1, 0, 0, 0], { palette: COLOURS }), [10, 20, 30, 0, 0, 0]],
  ['4 bits', makeBmp(4, [2, 1], [0x10, 0, 0, 0], { palette: COLOURS }), [10, 20, 30, 0, 0, 0]],
  ['1 bit', makeBmp(1, [2, 1], [0x40, 0, 0, 0], { palette: COLOURS }), [0, 0, 0, 10, 20, 30]],
  ['run lengths', makeBmp(8, [3, 2], [3, 1, 0, 0, 1, 0, 2, 1, 0, 1], { palette: COLOURS, compression: 1 }), [0, 0, 0, 10, 20, 30, 10, 20, 30, ...[10, 20, 30, 10, 20, 30, 10, 20, 30]]],
] as const) {
  test(`BMP of ${name}`, async (t) => {
    t.deepEqual((await read(t, bytes, { name: 'a.bmp' })).frames, [[...expected]]);
  });
}

const pnm = (head: string, ...bytes: number[]): Buffer => Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(bytes)]);

for (const [name, bytes, expected] of [
  ['P1', pnm('P1\n# a comment\n3 2\n1 0 1\n010'), greys(0, 255, 0, 255, 0, 255)],
  ['P2', pnm('P2 2 1 15\n0 15\n'), greys(0, 255)],
  ['P3', pnm('P3\n1 2 255\n1 2 3\n4 5 6'), [1, 2, 3, 4, 5, 6]],
  ['P4', pnm('P4\n3 2\n', 0b1010_0000, 0b0100_0000), greys(0, 255, 0, 255, 0, 255)],
  ['P5', pnm('P5\n2 1\n255\n', 7, 200), greys(7, 200)],
  ['P5 of 12 bits', pnm('P5\n3 1\n4095\n', 0, 0, 0x0f, 0xff, 0x08, 0), greys(0, 255, 128)],
  ['P6', pnm('P6 1 1 255\n', 9, 8, 7), [9, 8, 7]],
  ['P6 of 16 bits', pnm('P6 1 1 65535\n', 0, 0, 0x80, 0, 0xff, 0xff), [0, 128, 255]],
] as const) {
  test(`PNM: ${name}`, async (t) => {
    t.deepEqual((await read(t, bytes)).frames, [[...expected]]);
  });
}

function makeTga({ type, bits, size: [width, height], descriptor = 0, palette = [] }: { readonly type: number; readonly bits: number; readonly size: readonly [number, number]; readonly descriptor?: number; readonly palette?: readonly number[] }, ...pixels: number[]): Buffer {
  const header = Buffer.alloc(18);
  header[1] = palette.length > 0 ? 1 : 0;
  header[2] = type;
  header.writeUInt16LE(palette.length / 3, 5);
  header[7] = palette.length > 0 ? 24 : 0;
  header.writeUInt16LE(width, 12);
  header.writeUInt16LE(height, 14);
  header[16] = bits;
  header[17] = descriptor;
  return Buffer.concat([header, Buffer.from(palette), Buffer.from(pixels)]);
}

for (const [name, bytes, expected] of [
  ['colours from the bottom', makeTga({ type: 2, bits: 24, size: [1, 2] }, 3, 2, 1, 6, 5, 4), [4, 5, 6, 1, 2, 3]],
  ['colours from the top', makeTga({ type: 2, bits: 24, size: [1, 2], descriptor: 32 }, 3, 2, 1, 6, 5, 4), [1, 2, 3, 4, 5, 6]],
  ['run lengths', makeTga({ type: 10, bits: 24, size: [4, 1], descriptor: 32 }, 0x82, 3, 2, 1, 0, 6, 5, 4), [1, 2, 3, 1, 2, 3, 1, 2, 3, 4, 5, 6]],
  ['grey', makeTga({ type: 3, bits: 8, size: [2, 1] }, 5, 250), greys(5, 250)],
  ['a palette', makeTga({ type: 1, bits: 8, size: [2, 1], palette: [0, 0, 0, 30, 20, 10] }, 1, 0), [10, 20, 30, 0, 0, 0]],
  ['32 bits whose last are opacity', makeTga({ type: 2, bits: 32, size: [2, 1], descriptor: 8 }, 3, 2, 1, 255, 3, 2, 1, 0), [1, 2, 3, 128, 128, 128]],
  ['32 bits whose last mean nothing', makeTga({ type: 2, bits: 32, size: [1, 1] }, 3, 2, 1, 0), [1, 2, 3]],
] as const) {
  test(`TGA: ${name}`, async (t) => {
    t.deepEqual((await read(t, bytes, { name: 'a.tga' })).frames, [[...expected]]);
  });
}

test('files that end too early are damaged, not read as black', async (t) => {
  const whole = [makeBmp(24, [1, 2], [3, 2, 1, 0, 6, 5, 4, 0]), pnm('P6 1 1 255\n', 9, 8, 7), makeDicom({ width: 2, height: 2, pixels: words(1, 2, 3, 4) })];
  for (const bytes of whole) await t.throwsAsync(read(t, bytes.subarray(0, -2)), { code: 'DECODE_FAILED' }, bytes.toString('latin1', 0, 2));
  const tga = makeTga({ type: 2, bits: 24, size: [1, 2] }, 3, 2, 1, 6, 5, 4);
  await t.throwsAsync(read(t, tga.subarray(0, -2), { name: 'a.tga' }), { code: 'DECODE_FAILED' });
  const tiff = makeTiff({ width: 2, height: 2, type: 'float32', numbers: [1, 2, 3, 4] });
  await t.throwsAsync(read(t, tiff.subarray(0, 30)), { code: 'DECODE_FAILED' });
});

test('formats that nothing here reads are named with what converts them', async (t) => {
  await t.throwsAsync(read(t, Buffer.from([0xff, 0x0a, 1, 2]), { name: 'a.jxl' }), { code: 'DECODE_FAILED', message: /JPEG XL.*djxl/ });
  await t.throwsAsync(read(t, Buffer.from('\0\0\0\x18ftypheic', 'latin1'), { name: 'a.heic' }), { code: 'DECODE_FAILED', message: /HEIC.*heif-convert/ });
  await t.throwsAsync(read(t, Buffer.from('8BPS'), { name: 'a.png' }), { code: 'DECODE_FAILED', message: /Photoshop/ });
});

test('a format is told by its bytes, not by its name', async (t) => {
  t.deepEqual((await read(t, pnm('P6 1 1 255\n', 9, 8, 7), { name: 'a.jpg' })).frames, [[9, 8, 7]]);
  t.deepEqual((await read(t, makeDicom({ width: 1, height: 1, pixels: Buffer.from([7, 0]), bits: [8, 8] }), { name: 'scan' })).frames, [greys(7)]);
});
