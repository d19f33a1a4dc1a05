// Which format a file has, by its first bytes: what is told by name alone may be named wrong.

import { open } from 'node:fs/promises';
import { PretextError } from '../../errors/pretext-error.js';
import { extensionOf } from '../extensions.js';
import { fail } from './raster.js';

export type Format = 'bmp' | 'pnm' | 'tga' | 'dicom' | 'tiff';

const HEAD_BYTES = 140;

const TGA_EXTENSIONS: ReadonlySet<string> = new Set(['tga', 'icb', 'vda', 'vst', 'targa']);
const DICOM_EXTENSIONS: ReadonlySet<string> = new Set(['dcm', 'dicom', 'dic']);

/** Formats that nothing here reads, by how they begin, and what makes them readable. */
const UNREADABLE: readonly { readonly name: string; readonly begins: readonly string[]; readonly at?: number; readonly remedy: string }[] = [
  { name: 'JPEG XL', begins: ['\xff\x0a', '\0\0\0\x0cJXL '], remedy: '`djxl IN.jxl OUT.png` (libjxl) converts it' },
  { name: 'JPEG 2000', begins: ['\0\0\0\x0cjP  ', '\xff\x4f\xff\x51'], remedy: '`opj_decompress -i IN -o OUT.png` (OpenJPEG) converts it' },
  { name: 'OpenEXR', begins: ['v/1\x01'], remedy: '`oiiotool IN.exr -o OUT.tif` (OpenImageIO) converts it' },
  { name: 'Photoshop', begins: ['8BPS'], remedy: '`magick "IN.psd[0]" OUT.png` (ImageMagick) converts it' },
  { name: 'HEIC', at: 4, begins: ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx'].map((brand) => `ftyp${brand}`), remedy: '`heif-convert IN.heic OUT.png` (libheif) converts it' },
];

/** The format where it is one that sharp does not read, or not always; undefined for the others. Throws PretextError DECODE_FAILED where nothing reads it. */
export async function identify(path: string): Promise<Format | undefined> {
  const head = await readHead(path);
  const unreadable = UNREADABLE.find(({ begins, at = 0 }) => begins.some((each) => head.startsWith(each, at)));
  if (unreadable) fail(`${unreadable.name} is not supported; ${unreadable.remedy}`);
  if (head.startsWith('DICM', 128)) return 'dicom';
  if (head.startsWith('BM')) return 'bmp';
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some((each) => head.startsWith(each))) return 'tiff';
  if (/^P[1-6]\s/.test(head)) return 'pnm';
  const extension = extensionOf(path);
  if (TGA_EXTENSIONS.has(extension)) return 'tga';
  // Files of old lack the preamble and begin with an element of group 2 or 8.
  return DICOM_EXTENSIONS.has(extension) && ['\x02\0', '\x08\0'].some((each) => head.startsWith(each)) ? 'dicom' : undefined;
}

/** The first bytes as characters of the same codes. */
async function readHead(path: string): Promise<string> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => { throw error.code === 'ENOENT' ? new PretextError('DECODE_FAILED', 'The picture cannot be read: there is no such file.') : error; });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}
