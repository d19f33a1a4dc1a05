// DICOM: the values that the file means (after its rescale), its window as black and white, its frames. Leaves out overlays and look-up
// tables other than palettes; curved windows are read as straight ones.

import { readFile } from 'node:fs/promises';
import dicomParser, { type DataSet } from 'dicom-parser';
import { messageOf } from '../../errors/pretext-error.js';
import { readFrameBytes } from './dicom-frames.js';
import { fail, throwOnSize, type Limits, type PictureInfo, type PictureReader, type Raster, type Samples, type SampleType } from './raster.js';

const SHARED_GROUPS = 'x52009229';
const FRAME_GROUPS = 'x52009230';
const TRANSFORMATION = 'x00289145';
const FRAME_WINDOW = 'x00289132';

/** How pixels are stored. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly samplesPerPixel: number;
  readonly photometric: string;
  readonly isPlanar: boolean;
  readonly numFrames: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  /** Places that the lowest bit of a number stands above the lowest of its word. */
  readonly shift: number;
  readonly isSigned: boolean;
  readonly syntax: string;
}

/** The header's whole numbers and texts; throws PretextError DECODE_FAILED where there are no pixels. */
function readLayout(file: DataSet): Layout {
  const number = (tag: string, otherwise: number): number => file.uint16(tag) ?? otherwise;
  const [width, height, samplesPerPixel] = [number('x00280011', 0), number('x00280010', 0), number('x00280002', 1)];
  throwOnSize(width, height, samplesPerPixel);
  const bitsAllocated = number('x00280100', 16);
  const bitsStored = number('x00280101', bitsAllocated);
  return {
    width, height, samplesPerPixel, bitsAllocated, bitsStored,
    photometric: file.string('x00280004') ?? 'MONOCHROME2',
    isPlanar: number('x00280006', 0) === 1,
    numFrames: Math.max(1, file.intString('x00280008') ?? 1),
    shift: Math.max(0, number('x00280102', bitsStored - 1) - bitsStored + 1),
    isSigned: number('x00280103', 0) === 1,
    syntax: file.string('x00020010') ?? '1.2.840.10008.1.2',
  };
}

async function parse(path: string): Promise<DataSet> {
  const bytes = await readFile(path);
  try {
    const hasPreamble = bytes.toString('latin1', 128, 132) === 'DICM';
    // Files of old are a bare list of elements.
    return dicomParser.parseDicom(bytes, hasPreamble ? {} : { TransferSyntaxUID: '1.2.840.10008.1.2' });
  } catch (error) {
    return fail(`its list of elements is damaged (${messageOf(error)})`);
  }
}

/** A decimal of a frame: at the top, or in the groups for it or for all frames. */
function decimalOf(file: DataSet, { sequence, tag, frame }: { readonly sequence: string; readonly tag: string; readonly frame: number }): number | undefined {
  const ofGroup = (groups: string, index: number): number | undefined =>
    file.elements[groups]?.items?.[index]?.dataSet?.elements[sequence]?.items?.[0]?.dataSet?.floatString(tag);
  return ofGroup(FRAME_GROUPS, frame) ?? ofGroup(SHARED_GROUPS, 0) ?? file.floatString(tag);
}

/** The first window (PS3.3 C.11.2.1.2); undefined where the file has none. */
function windowOf(file: DataSet, frame: number): Limits | undefined {
  const [centre, width] = ['x00281050', 'x00281051'].map((tag) => decimalOf(file, { sequence: FRAME_WINDOW, tag, frame }));
  if (centre === undefined || width === undefined) return undefined;
  if (file.string('x00281056')?.trim() === 'LINEAR_EXACT') return width > 0 ? [centre - width / 2, centre + width / 2] : undefined;
  return width > 1 ? [centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2] : undefined;
}

/** What a number of the file means. */
interface Rescale {
  readonly slope: number;
  readonly intercept: number;
}

function rescaleOf(file: DataSet, frame: number): Rescale {
  const [slope, intercept] = ['x00281053', 'x00281052'].map((tag) => decimalOf(file, { sequence: TRANSFORMATION, tag, frame }));
  return { slope: slope ?? 1, intercept: intercept ?? 0 };
}

const isColour = ({ photometric }: Layout): boolean => photometric !== 'MONOCHROME1' && photometric !== 'MONOCHROME2';

function typeOf(layout: Layout, { slope, intercept }: Rescale): SampleType {
  if (isColour(layout)) return 'uint8';
  if (slope !== 1 || intercept !== 0) return Number.isInteger(slope) && Number.isInteger(intercept) ? 'int32' : 'float32';
  const size = layout.bitsAllocated <= 8 ? 8 : layout.bitsAllocated <= 16 ? 16 : 32;
  return `${layout.isSigned ? 'int' : 'uint'}${size}`;
}

const ARRAYS = { int8: Int8Array, uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, int32: Int32Array, uint32: Uint32Array, float32: Float32Array, float64: Float64Array };

/** Numbers of a frame of grey as the file means them. */
function readGrey(bytes: Uint8Array, layout: Layout, rescale: Rescale): Samples {
  const { width, height, bitsAllocated, bitsStored, shift, isSigned, syntax } = layout;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = syntax !== '1.2.840.10008.1.2.2';
  const read: Readonly<Record<number, (i: number) => number>> = {
    1: (i) => (bytes[i >> 3]! >> (i & 7)) & 1,
    8: (i) => bytes[i]!,
    16: (i) => view.getUint16(2 * i, isLittle),
    32: (i) => view.getUint32(4 * i, isLittle),
  };
  const readWord = read[bitsAllocated] ?? fail(`${bitsAllocated} bits allocated inside DICOM are not supported`);
  const span = 2 ** bitsStored;
  const samples = new ARRAYS[typeOf(layout, rescale)](width * height);
  for (let i = 0; i < samples.length; i++) {
    const stored = Math.floor(readWord(i) / 2 ** shift) % span;
    samples[i] = (isSigned && stored >= span / 2 ? stored - span : stored) * rescale.slope + rescale.intercept;
  }
  return samples;
}

/** Red, green and blue of a frame of colours, 8 bits. */
function readColours(bytes: Uint8Array, layout: Layout, file: DataSet): Uint8Array {
  const { width, height, photometric, isPlanar, bitsAllocated } = layout;
  const numPixels = width * height;
  if (photometric === 'PALETTE COLOR') return readPalette(bytes, layout, file);
  if (bitsAllocated !== 8) fail(`colours of ${bitsAllocated} bits inside DICOM are not supported`);
  const at = photometric === 'YBR_FULL_422' && bytes.length < 3 * numPixels ? at422 : isPlanar ? (i: number, c: number) => c * numPixels + i : (i: number, c: number) => 3 * i + c;
  const samples = new Uint8ClampedArray(3 * numPixels);
  const isRgb = photometric === 'RGB';
  if (!isRgb && !photometric.startsWith('YBR_FULL')) fail(`the photometric interpretation ${photometric} inside DICOM is not supported`);
  for (let i = 0; i < numPixels; i++) {
    const [a, b, c] = [bytes[at(i, 0)]!, bytes[at(i, 1)]!, bytes[at(i, 2)]!];
    if (isRgb) samples.set([a, b, c], 3 * i);
    // PS3.3 C.7.6.3.1.2
    else samples.set([a + 1.402 * (c - 128), a - 0.344136 * (b - 128) - 0.714136 * (c - 128), a + 1.772 * (b - 128)], 3 * i);
  }
  return new Uint8Array(samples.buffer);
}

/** Two pixels share their colour: Y Y Cb Cr. */
const at422 = (i: number, c: number): number => 4 * Math.floor(i / 2) + (c === 0 ? i % 2 : c + 1);

function readPalette(bytes: Uint8Array, layout: Layout, file: DataSet): Uint8Array {
  const indices = readGrey(bytes, { ...layout, photometric: 'MONOCHROME2' }, { slope: 1, intercept: 0 });
  const [numColours, first, bits] = [0, 1, 2].map((i) => file.uint16('x00281101', i) ?? 0) as [number, number, number];
  const tables = ['x00281201', 'x00281202', 'x00281203'].map((tag) => {
    const length = numColours === 0 ? 65_536 : numColours;
    return Uint8Array.from({ length }, (_, i) => (bits > 8 ? (file.uint16(tag, i) ?? 0) >> 8 : file.byteArray[file.elements[tag]!.dataOffset + i]!));
  });
  const samples = new Uint8Array(3 * indices.length);
  for (let i = 0; i < indices.length; i++) {
    const colour = Math.min(Math.max(indices[i]! - first, 0), tables[0]!.length - 1);
    tables.forEach((table, c) => { samples[3 * i + c] = table[colour]!; });
  }
  return samples;
}

async function readRaster(file: DataSet, layout: Layout, frame: number): Promise<Raster> {
  const { width, height, photometric } = layout;
  const { bytes, layout: unpacked } = await readFrameBytes(file, layout, frame);
  if (isColour(layout)) return { samplesHWS: readColours(bytes, unpacked, file), width, height, bands: 3, type: 'uint8' };
  const rescale = rescaleOf(file, frame);
  const limits = windowOf(file, frame);
  return {
    samplesHWS: readGrey(bytes, unpacked, rescale), width, height, bands: 1, type: typeOf(layout, rescale),
    ...(limits && { limits }), ...(photometric === 'MONOCHROME1' && { isInverted: true }),
  };
}

export const dicom: PictureReader = {
  async describe(path): Promise<PictureInfo> {
    const file = await parse(path);
    const layout = readLayout(file);
    return { width: layout.width, height: layout.height, bands: isColour(layout) ? 3 : 1, type: typeOf(layout, rescaleOf(file, 0)) };
  },
  async read(path) {
    const file = await parse(path);
    const layout = readLayout(file);
    throwOnSize(layout.width, layout.height * layout.numFrames, layout.samplesPerPixel);
    return Promise.all(Array.from({ length: layout.numFrames }, (_, frame) => readRaster(file, layout, frame)));
  },
};
