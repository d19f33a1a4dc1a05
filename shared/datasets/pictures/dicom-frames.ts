// The bytes of a frame of a DICOM file: as they lie there, or out of run lengths or JPEG.

import dicomParser, { type DataSet } from 'dicom-parser';
import { readImage } from '../images.js';
import type { Layout } from './dicom.js';
import { fail, takeBytes } from './raster.js';

export interface FrameBytes {
  readonly bytes: Uint8Array;
  /** How the bytes lie, which compression may change. */
  readonly layout: Layout;
}

const NATIVE = new Set(['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.1.99', '1.2.840.10008.1.2.2']);
const RLE = '1.2.840.10008.1.2.5';
const JPEG = new Set(['1.2.840.10008.1.2.4.50', '1.2.840.10008.1.2.4.51']);

/** By the beginning of the transfer syntax. */
const NAMES: readonly (readonly [string, string])[] = [
  ['1.2.840.10008.1.2.4.57', 'JPEG Lossless'], ['1.2.840.10008.1.2.4.70', 'JPEG Lossless'], ['1.2.840.10008.1.2.4.8', 'JPEG-LS'],
  ['1.2.840.10008.1.2.4.9', 'JPEG 2000'], ['1.2.840.10008.1.2.4.20', 'High-Throughput JPEG 2000'], ['1.2.840.10008.1.2.4.10', 'video'],
];

/** Throws PretextError DECODE_FAILED for a transfer syntax that is not read, naming it and what makes it readable. */
export async function readFrameBytes(file: DataSet, layout: Layout, frame: number): Promise<FrameBytes> {
  const { syntax, width, height, samplesPerPixel, bitsAllocated, photometric } = layout;
  const element = file.elements['x7fe00010'] ?? fail('there are no pixels in it');
  if (NATIVE.has(syntax)) {
    const perPixel = photometric === 'YBR_FULL_422' ? 2 : samplesPerPixel;
    const numBits = width * height * perPixel * bitsAllocated;
    if (numBits % 8 !== 0) fail('its frames do not end at whole bytes');
    return { bytes: takeBytes(file.byteArray.subarray(element.dataOffset, element.dataOffset + element.length), (frame * numBits) / 8, numBits / 8), layout };
  }
  const isKnown = syntax === RLE || JPEG.has(syntax);
  if (!isKnown) {
    const name = NAMES.find(([beginning]) => syntax.startsWith(beginning))?.[1] ?? 'a compression';
    fail(`${name} inside DICOM (transfer syntax ${syntax}) is not supported; \`gdcmconv --raw IN.dcm OUT.dcm\` (GDCM) converts it`);
  }
  const compressed = takeFrame(file, frame, layout);
  return syntax === RLE ? { bytes: expandRle(compressed, layout), layout: { ...layout, isPlanar: true, syntax: '1.2.840.10008.1.2.1' } } : expandJpeg(compressed, layout);
}

function takeFrame(file: DataSet, frame: number, { numFrames }: Layout): Uint8Array {
  const element = file.elements['x7fe00010']!;
  const fragments = element.fragments ?? fail('its pixels are not in pieces, as those of a compressed file are');
  if (numFrames === 1) return Uint8Array.from(Buffer.concat(fragments.map(({ position, length }) => file.byteArray.subarray(position, position + length))));
  if (fragments.length === numFrames) return Uint8Array.from(dicomParser.readEncapsulatedPixelDataFromFragments(file, element, frame));
  const offsets = element.basicOffsetTable?.length ? element.basicOffsetTable : dicomParser.createJPEGBasicOffsetTable(file, element);
  return Uint8Array.from(dicomParser.readEncapsulatedImageFrame(file, element, frame, offsets));
}

/** PS3.5 annex G: up to 15 segments, one for each byte of each number, the highest first; out come planes of little-endian words. */
function expandRle(compressed: Uint8Array, { width, height, samplesPerPixel, bitsAllocated }: Layout): Uint8Array {
  const view = new DataView(compressed.buffer, compressed.byteOffset, compressed.byteLength);
  const numPixels = width * height;
  const perNumber = bitsAllocated / 8;
  takeBytes(compressed, 0, 64);
  if (view.getUint32(0, true) !== samplesPerPixel * perNumber) fail('it has another number of RLE segments than bytes of a pixel');
  const bytes = new Uint8Array(numPixels * samplesPerPixel * perNumber);
  for (let segment = 0; segment < samplesPerPixel * perNumber; segment++) {
    const [sample, byte] = [Math.floor(segment / perNumber), perNumber - 1 - (segment % perNumber)];
    const put = (i: number, value: number): void => { bytes[(sample * numPixels + i) * perNumber + byte] = value; };
    expandPackBits(compressed, view.getUint32(4 + 4 * segment, true), numPixels, put);
  }
  return bytes;
}

function expandPackBits(compressed: Uint8Array, start: number, length: number, put: (i: number, value: number) => void): void {
  for (let [i, at] = [0, start]; i < length;) {
    const head = takeBytes(compressed, at, 1)[0]!;
    if (head === 128) {
      at += 1;
      continue;
    }
    const isRun = head > 128;
    const count = isRun ? 257 - head : head + 1;
    const source = takeBytes(compressed, at + 1, isRun ? 1 : count);
    for (let k = 0; k < count && i < length; k++) put(i++, source[isRun ? 0 : k]!);
    at += 1 + source.length;
  }
}

/** By sharp, which brings colours to RGB. */
async function expandJpeg(compressed: Uint8Array, layout: Layout): Promise<FrameBytes> {
  const { samplesPerPixel, width, height } = layout;
  const { data, info } = await readImage(compressed, (picture) =>
    picture.toColourspace(samplesPerPixel === 1 ? 'b-w' : 'srgb').raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true }));
  if (info.width !== width || info.height !== height || info.channels !== samplesPerPixel) fail('the JPEG inside it is of another size than its header says');
  const photometric = samplesPerPixel === 1 ? layout.photometric : 'RGB';
  return { bytes: new Uint8Array(data), layout: { ...layout, photometric, isPlanar: false, bitsAllocated: 8, shift: 0, bitsStored: Math.min(8, layout.bitsStored) } };
}
