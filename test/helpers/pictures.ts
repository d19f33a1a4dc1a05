// Picture files byte by byte, for tests that know what must come out.

export type Numbers = readonly number[];

const WRITERS = {
  uint8: [1, 'writeUInt8', 8, 1], int8: [1, 'writeInt8', 8, 2], uint16: [2, 'writeUInt16LE', 16, 1], int16: [2, 'writeInt16LE', 16, 2],
  uint32: [4, 'writeUInt32LE', 32, 1], int32: [4, 'writeInt32LE', 32, 2], float32: [4, 'writeFloatLE', 32, 3], float64: [8, 'writeDoubleLE', 64, 3],
} as const;

export interface TiffOptions {
  readonly width: number;
  readonly height: number;
  readonly type: keyof typeof WRITERS;
  /** [H, W, S]. */
  readonly numbers: Numbers;
  /** 0: white is zero, 1: black is zero, 2: RGB. Default 1. */
  readonly photometric?: number;
  /** Values of ExtraSamples. */
  readonly extra?: Numbers;
  readonly orientation?: number;
}

function packNumbers(type: keyof typeof WRITERS, numbers: Numbers): Buffer {
  const [size, write] = WRITERS[type];
  const bytes = Buffer.alloc(numbers.length * size);
  numbers.forEach((value, i) => bytes[write](value, i * size));
  return bytes;
}

/** An uncompressed TIFF of one strip. */
export function makeTiff({ width, height, type, numbers, photometric = 1, extra, orientation }: TiffOptions): Buffer {
  const perPixel = numbers.length / (width * height);
  const pixels = packNumbers(type, numbers);
  const [, , bits, format] = WRITERS[type];
  const shorts = (value: number): number[] => Array.from({ length: perPixel }, () => value);
  const tags: [number, number, number[]][] = [
    [256, 3, [width]], [257, 3, [height]], [258, 3, shorts(bits)], [259, 3, [1]], [262, 3, [photometric]], [273, 4, [8]],
    ...(orientation === undefined ? [] : [[274, 3, [orientation]] as [number, number, number[]]]),
    [277, 3, [perPixel]], [278, 3, [height]], [279, 4, [pixels.length]], [284, 3, [1]],
    ...(extra === undefined ? [] : [[338, 3, [...extra]] as [number, number, number[]]]), [339, 3, shorts(format)],
  ];
  const padded = pixels.length + (pixels.length % 2);
  const directory = Buffer.alloc(2 + 12 * tags.length + 4);
  const outside: Buffer[] = [];
  let outsideAt = 8 + padded + directory.length;
  directory.writeUInt16LE(tags.length, 0);
  tags.forEach(([tag, kind, values], i) => {
    const bytes = packNumbers(kind === 3 ? 'uint16' : 'uint32', values);
    const at = 2 + 12 * i;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(kind, at + 2);
    directory.writeUInt32LE(values.length, at + 4);
    if (bytes.length <= 4) return void bytes.copy(directory, at + 8);
    directory.writeUInt32LE(outsideAt, at + 8);
    outside.push(bytes);
    outsideAt += bytes.length;
  });
  const header = Buffer.from([0x49, 0x49, 42, 0, 0, 0, 0, 0]);
  header.writeUInt32LE(8 + padded, 4);
  return Buffer.concat([header, pixels, Buffer.alloc(padded - pixels.length), directory, ...outside]);
}

export interface DicomOptions {
  readonly width: number;
  readonly height: number;
  readonly pixels: Buffer;
  readonly syntax?: string;
  readonly photometric?: string;
  readonly samplesPerPixel?: number;
  readonly bits?: readonly [allocated: number, stored: number];
  readonly isSigned?: boolean;
  readonly frames?: number;
  readonly slope?: number;
  readonly intercept?: number;
  readonly window?: readonly [centre: number, width: number];
  readonly isPlanar?: boolean;
  /** Pieces of a compressed file, the table of offsets first. */
  readonly fragments?: readonly Buffer[];
}

function element(group: number, number: number, kind: string, value: Buffer): Buffer {
  const padded = value.length % 2 === 0 ? value : Buffer.concat([value, Buffer.from(kind === 'UI' ? [0] : [32])]);
  const isLong = ['OB', 'OW', 'SQ', 'UN'].includes(kind);
  const head = Buffer.alloc(isLong ? 12 : 8);
  head.writeUInt16LE(group, 0);
  head.writeUInt16LE(number, 2);
  head.write(kind, 4, 'latin1');
  if (isLong) head.writeUInt32LE(padded.length, 8);
  else head.writeUInt16LE(padded.length, 6);
  return Buffer.concat([head, padded]);
}

const text = (group: number, number: number, kind: string, value: string): Buffer => element(group, number, kind, Buffer.from(value, 'latin1'));
const short = (number: number, value: number): Buffer => element(0x28, number, 'US', packNumbers('uint16', [value]));

function pixelElement({ pixels, fragments }: DicomOptions): Buffer {
  if (fragments === undefined) return element(0x7fe0, 0x10, 'OW', pixels);
  const head = Buffer.from([0xe0, 0x7f, 0x10, 0, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff]);
  const items = fragments.map((fragment) => {
    const padded = Buffer.concat([fragment, Buffer.alloc(fragment.length % 2)]);
    const item = Buffer.from([0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0]);
    item.writeUInt32LE(padded.length, 4);
    return Buffer.concat([item, padded]);
  });
  return Buffer.concat([head, ...items, Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0])]);
}

/** A DICOM file, explicit and little-endian. */
export function makeDicom(options: DicomOptions): Buffer {
  const { width, height, bits = [16, 16], isSigned = false, frames, slope, intercept, window, photometric = 'MONOCHROME2', samplesPerPixel = 1, isPlanar } = options;
  const syntax = text(2, 0x10, 'UI', options.syntax ?? '1.2.840.10008.1.2.1');
  const decimal = (number: number, value: number | undefined): Buffer[] => (value === undefined ? [] : [text(0x28, number, 'DS', String(value))]);
  return Buffer.concat([
    Buffer.alloc(128), Buffer.from('DICM'), element(2, 0, 'UL', packNumbers('uint32', [syntax.length])), syntax,
    short(2, samplesPerPixel), text(0x28, 4, 'CS', photometric), ...(isPlanar === undefined ? [] : [short(6, isPlanar ? 1 : 0)]),
    ...(frames === undefined ? [] : [text(0x28, 8, 'IS', String(frames))]), short(0x10, height), short(0x11, width),
    short(0x100, bits[0]), short(0x101, bits[1]), short(0x102, bits[1] - 1), short(0x103, isSigned ? 1 : 0),
    ...decimal(0x1050, window?.[0]), ...decimal(0x1051, window?.[1]), ...decimal(0x1052, intercept), ...decimal(0x1053, slope),
    pixelElement(options),
  ]);
}

export const words = (...numbers: number[]): Buffer => packNumbers('uint16', numbers);
export const signedWords = (...numbers: number[]): Buffer => packNumbers('int16', numbers);
