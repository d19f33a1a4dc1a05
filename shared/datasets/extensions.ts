// Names of files: which are pictures and videos, and what to do about others that a folder of data may hold.

import { extname } from 'node:path';
import type { Item } from './dataset.js';

/** Lower case, without dots. */
export const extensions: Readonly<Record<Item['kind'], ReadonlySet<string>>> = {
  image: new Set([
    'avif', 'bmp', 'dcm', 'dib', 'dic', 'dicom', 'gif', 'heic', 'heif', 'icb', 'j2k', 'jfif', 'jp2', 'jpe', 'jpeg', 'jpg', 'jxl', 'pbm', 'pgm', 'png', 'pnm',
    'ppm', 'targa', 'tga', 'tif', 'tiff', 'vda', 'vst', 'webp',
  ]),
  video: new Set([
    '3g2', '3gp', 'asf', 'avi', 'divx', 'dv', 'f4v', 'flv', 'm2ts', 'm2v', 'm4v', 'mkv', 'mov', 'mp4', 'mpe', 'mpeg', 'mpg', 'mts',
    'mxf', 'nut', 'ogm', 'ogv', 'qt', 'rm', 'rmvb', 'ts', 'vob', 'webm', 'wmv',
  ]),
};

/** Lower-case extension without its dot; empty where there is none. */
export function extensionOf(path: string): string {
  return extname(path).slice(1).toLowerCase();
}

const CONVERT = 'pictures of a kind that is not read; convert them to PNG or TIFF';
const REMEDIES: Readonly<Record<string, string>> = {
  ...forEach(['dng', 'exr', 'hdr', 'ima', 'mha', 'nef', 'nii', 'nrrd', 'psd', 'raw'], CONVERT),
  ...forEach(['eps', 'pdf', 'svg'], 'drawings, which are not read; draw them as PNG'),
  ...forEach(['7z', 'bz2', 'gz', 'rar', 'tar', 'tgz', 'xz', 'zip', 'zst'], 'archives; unpack them'),
  ...forEach(['h5', 'hdf5', 'lmdb', 'mat', 'mdb', 'npy', 'npz', 'parquet', 'pkl', 'pt', 'rec', 'tfrecord', 'zarr'], 'arrays or records; write each picture as a file of its own'),
  ...forEach(['aac', 'flac', 'm4a', 'mp3', 'ogg', 'opus', 'wav'], 'sound without a picture'),
  ...forEach(['csv', 'db', 'html', 'ini', 'json', 'jsonl', 'log', 'md', 'py', 'sh', 'srt', 'tsv', 'txt', 'vtt', 'xml', 'yaml', 'yml'], 'no pictures'),
};

function forEach(names: readonly string[], why: string): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, why]));
}

const SOURCES: Readonly<Record<Item['kind'], string>> = { image: 'image-folder', video: 'video-folder' };

/** Why a file of this extension is not among those of `kind`. */
export function whyIgnored(extension: string, kind: Item['kind']): string {
  const other = kind === 'image' ? 'video' : 'image';
  if (extensions[other].has(extension)) return `${other}s, and a run takes one kind; data.source: ${SOURCES[other]} takes these`;
  if (extension === '') return 'names without an extension, which says what a file is';
  return Object.hasOwn(REMEDIES, extension) ? REMEDIES[extension]! : 'of a kind that is not known';
}
