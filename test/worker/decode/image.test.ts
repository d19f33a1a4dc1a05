import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import sharp, { type Color, type Sharp } from 'sharp';
import { decodeImage, type ImageOptions } from '../../../worker/decode/image.js';
import { DEFAULT_LIMITS } from '../../../worker/decode/limits.js';
import { makeDicom, makeTiff } from '../../helpers/pictures.js';
import { makeTempFolder, writeFiles } from '../../helpers/temp-folder.js';

const OPTIONS = { shortSide: 8, limits: DEFAULT_LIMITS };

async function decode(t: ExecutionContext, bytes: Uint8Array, options: ImageOptions = OPTIONS): ReturnType<typeof decodeImage> {
  const folder = await makeTempFolder(t);
  await writeFiles(folder, { picture: bytes });
  return decodeImage(join(folder, 'picture'), options);
}

function isNear(actual: Uint8Array, expected: readonly number[], tolerance: number): boolean {
  return expected.every((value, i) => Math.abs(actual[i]! - value) <= tolerance);
}

/** A picture of one colour. */
function paint(background: Color, width = 16, height = 12): Sharp {
  return sharp({ create: { width, height, channels: 4, background } });
}

test('the shorter side is brought to the size asked for, on shared memory', async (t) => {
  const frames = await decode(t, await paint('#204060', 40, 10).png().toBuffer());
  t.like(frames, { numFrames: 1, height: 8, width: 32 });
  t.is(frames.dataNHWC.length, 8 * 32 * 3);
  t.true(frames.dataNHWC.buffer instanceof SharedArrayBuffer);
  t.true(isNear(frames.dataNHWC, [0x20, 0x40, 0x60], 0));
});

test('a picture is upright as EXIF says', async (t) => {
  const left = await paint('white', 8, 16).png().toBuffer();
  const bytes = await paint('black', 32, 16).composite([{ input: left, left: 0, top: 0 }]).withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer();
  const { dataNHWC, width, height } = await decode(t, bytes);
  t.deepEqual([width, height], [8, 16]);
  t.true(dataNHWC[0]! > 230 && dataNHWC[7 * 3]! > 230, 'what was left is at the top');
  t.true(dataNHWC.at(-1)! < 25);
});

test('what is transparent lies over mid grey', async (t) => {
  const { dataNHWC } = await decode(t, await paint({ r: 255, g: 0, b: 0, alpha: 0 }).png().toBuffer());
  t.true(isNear(dataNHWC, [128, 128, 128], 1));
  const half = await decode(t, await paint({ r: 255, g: 0, b: 0, alpha: 0.5 }).png().toBuffer());
  t.true(isNear(half.dataNHWC, [191, 64, 64], 2));
});

for (const [name, make] of Object.entries({
  'a palette': () => paint('#c86432').png({ palette: true }).toBuffer(),
  '16 bits a channel': () => paint('#c86432').toColourspace('rgb16').png().toBuffer(),
  CMYK: () => paint('#c86432').toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer(),
  WebP: () => paint('#c86432').webp({ lossless: true }).toBuffer(),
  AVIF: () => paint('#c86432').avif({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer(),
  GIF: () => paint('#c86432').gif().toBuffer(),
  TIFF: () => paint('#c86432').tiff().toBuffer(),
})) {
  test(`${name}: the colours come out as 8-bit sRGB`, async (t) => {
    const { dataNHWC, numFrames } = await decode(t, await make());
    t.is(numFrames, 1);
    // CMYK goes through a profile and back, and has fewer colours.
    t.true(isNear(dataNHWC, [0xc8, 0x64, 0x32], name === 'CMYK' ? 40 : 4), [...dataNHWC.subarray(0, 3)].join());
  });
}

test('one channel of grey becomes three equal ones', async (t) => {
  const bytes = await sharp(Buffer.from([0, 80, 160, 240]), { raw: { width: 2, height: 2, channels: 1 } }).png().toBuffer();
  const { dataNHWC } = await decode(t, bytes);
  for (let i = 0; i < dataNHWC.length; i += 3) t.deepEqual([dataNHWC[i + 1], dataNHWC[i + 2]], [dataNHWC[i], dataNHWC[i]]);
});

test('an animation gives its first picture', async (t) => {
  const pages = Buffer.concat([Buffer.alloc(16 * 16 * 3, 250), Buffer.alloc(16 * 16 * 3, 5)]);
  const bytes = await sharp(pages, { raw: { width: 16, height: 32, channels: 3, pageHeight: 16 } }).gif().toBuffer();
  const { dataNHWC, height, width } = await decode(t, bytes);
  t.deepEqual([height, width], [8, 8]);
  t.true(dataNHWC.every((level) => level > 200));
});

test('truncated and mislabelled files, and pages that open other files, are refused with a reason', async (t) => {
  const noise = Buffer.from(Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251));
  const jpeg = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } }).jpeg().toBuffer();
  await t.throwsAsync(decode(t, jpeg.subarray(0, jpeg.length / 2)), { code: 'DECODE_FAILED' });
  await t.throwsAsync(decode(t, Buffer.from('hello')), { code: 'DECODE_FAILED' });
  await t.throwsAsync(decode(t, Buffer.alloc(0)), { code: 'DECODE_FAILED' });
  await t.throwsAsync(decode(t, Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')), { code: 'DECODE_FAILED' });
  await t.throwsAsync(decodeImage('/nowhere/a.png', OPTIONS), { code: 'DECODE_FAILED' });
});

// In a process of its own: the threads of other tests would share libvips and its one error text.
test('a truncated file is refused with its own reason, whatever else is read at the time', async (t) => {
  const folder = await makeTempFolder(t);
  const noise = Buffer.from(Uint8Array.from({ length: 256 * 256 * 3 }, (_, i) => (i * 7919) % 251));
  const raw = { width: 256, height: 256, channels: 3 } as const;
  const jpeg = await sharp(noise, { raw }).jpeg().toBuffer();
  const png = await sharp(noise, { raw }).png().toBuffer();
  await writeFiles(folder, { 'cut.jpg': jpeg.subarray(0, jpeg.length / 2), 'cut.png': png.subarray(0, png.length / 2), 'whole.avif': await paint('red', 64, 64).avif().toBuffer() });
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(new URL('../../fixtures/read-pictures.js', import.meta.url)), folder]);
  const reasons = JSON.parse(stdout) as Record<string, string[]>;
  t.deepEqual(Object.keys(reasons).sort(), ['cut.jpg', 'cut.png']);
  t.is(reasons['cut.jpg']!.length, 1, reasons['cut.jpg']!.join('\n'));
  t.regex(reasons['cut.jpg']![0]!, /JPEG|premature end/i);
  t.is(reasons['cut.png']!.length, 1, reasons['cut.png']!.join('\n'));
  t.notRegex(reasons['cut.png']![0]!, /JPEG|seek/i);
});

test('a picture that would be too large at its shape is refused', async (t) => {
  const strip = await paint('red', 4000, 1).png().toBuffer();
  await t.throwsAsync(decode(t, strip, { shortSide: 64, limits: { ...DEFAULT_LIMITS, maxBytes: 10 ** 7 } }), { code: 'DECODE_LIMIT' });
});

test('a header that promises billions of pixels is refused', async (t) => {
  const bytes = await paint('red').png().toBuffer();
  bytes.writeUInt32BE(60_000, 16);
  bytes.writeUInt32BE(60_000, 20);
  await t.throwsAsync(decode(t, bytes), { code: 'DECODE_FAILED' });
});

test('the same picture has the same bytes every time', async (t) => {
  const folder = await makeTempFolder(t);
  const noise = Buffer.from(Uint8Array.from({ length: 50 * 70 * 3 }, (_, i) => (i * 7919) % 251));
  await sharp(noise, { raw: { width: 50, height: 70, channels: 3 } }).jpeg().toFile(join(folder, 'a.jpg'));
  const [first, ...others] = await Promise.all(Array.from({ length: 4 }, () => decodeImage(join(folder, 'a.jpg'), { ...OPTIONS, shortSide: 31 })));
  for (const { dataNHWC } of others) t.deepEqual(Buffer.from(dataNHWC), Buffer.from(first!.dataNHWC));
});

const tiff = (type: 'uint8' | 'uint16' | 'float32', bands: number, numberOf: (pixel: number, band: number) => number): Buffer => makeTiff({
  width: 24, height: 16, type, numbers: Array.from({ length: 24 * 16 * bands }, (_, i) => numberOf(Math.floor(i / bands), i % bands)), extra: Array.from({ length: bands - 1 }, () => 0),
});

test('bands come out side by side, each scaled as a picture of grey is', async (t) => {
  const numberOf = (pixel: number, band: number): number => (pixel * (7 + band)) % 251;
  const pixels = { channels: [1, 2, 3, 4, 5], range: 'full' } as const;
  const { dataNHWC, width, height } = await decode(t, tiff('uint8', 5, numberOf), { ...OPTIONS, pixels });
  t.deepEqual([width, height, dataNHWC.length], [12, 8, 12 * 8 * 5]);
  for (let band = 0; band < 5; band++) {
    const single = await decode(t, tiff('uint8', 1, (pixel) => numberOf(pixel, band)), { ...OPTIONS, pixels: { channels: 'grey', range: 'full' } });
    t.deepEqual([...dataNHWC.filter((_, i) => i % 5 === band)], [...single.dataNHWC], `band ${band + 1}`);
  }
});

test('a deep picture is brought to its range before it is scaled', async (t) => {
  const level = (pixel: number): number => (pixel * 13) % 256;
  const eight = await decode(t, tiff('uint8', 1, level));
  for (const [type, range, scale] of [['uint16', { bits: 12 }, 4095 / 255], ['float32', [-1, 1], 2 / 255]] as const) {
    const offset = type === 'float32' ? -1 : 0;
    const deep = await decode(t, tiff(type, 1, (pixel) => level(pixel) * scale + offset), { ...OPTIONS, pixels: { channels: 'rgb', range } });
    t.deepEqual([...deep.dataNHWC], [...eight.dataNHWC], type);
  }
});

test('16 bits in a PNG can have a range', async (t) => {
  const numbers = Uint16Array.from({ length: 24 * 16 }, (_, i) => ((i * 13) % 256) * 16);
  const bytes = await sharp(numbers, { raw: { width: 24, height: 16, channels: 1 } }).toColourspace('grey16').png().toBuffer();
  const { dataNHWC } = await decode(t, bytes, { shortSide: 16, limits: DEFAULT_LIMITS, pixels: { channels: 'grey', range: [0, 4080] } });
  t.deepEqual([...dataNHWC], Array.from(numbers, (value) => value / 16));
});

test('a photograph gives its luma, or bands of it', async (t) => {
  const bytes = await paint('#c86432').png().toBuffer();
  const grey = await decode(t, bytes, { ...OPTIONS, pixels: { channels: 'grey', range: 'full' } });
  t.is(grey.dataNHWC.length, 8 * 10 * 1);
  t.true(grey.dataNHWC.every((level) => level === Math.round(0.299 * 0xc8 + 0.587 * 0x64 + 0.114 * 0x32)));
  const bands = await decode(t, bytes, { ...OPTIONS, pixels: { channels: [3, 1], range: 'full' } });
  t.deepEqual([...bands.dataNHWC.subarray(0, 4)], [0x32, 0xc8, 0x32, 0xc8]);
});

test('the frames of one file are frames', async (t) => {
  const pixels = Buffer.from(Array.from({ length: 3 }, (_, frame) => Array.from({ length: 64 }, () => 50 * frame)).flat());
  const { dataNHWC, numFrames } = await decode(t, makeDicom({ width: 8, height: 8, pixels, bits: [8, 8], frames: 3 }));
  t.is(numFrames, 3);
  t.deepEqual([0, 1, 2].map((frame) => dataNHWC[frame * 8 * 8 * 3]), [0, 50, 100]);
});
