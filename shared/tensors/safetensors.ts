// The safetensors file format (Hugging Face): 8 bytes header length, a JSON header, then the raw tensors.
// Writes fp32; reads halves and doubles as fp32 too. https://github.com/huggingface/safetensors

import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { explainDiskError } from '../errors/disk-error.js';
import { toFloats } from './half-floats.js';
import { createFormatError, MAX_HEADER_BYTES, parseHeader, throwOnOtherKind, type Header, type HeaderEntry } from './safetensors-header.js';

export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** The header's bytes, padded with spaces so that the data begin at a multiple of 8. */
function encodeHeader(tensors: readonly NamedArray[], metadata: Readonly<Record<string, string>>): Buffer {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const { name, shape, values } of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  padded.writeBigUInt64LE(BigInt(padded.length - 8));
  json.copy(padded, 8);
  return padded;
}

/** The bytes of a file, in pieces. */
export const encodeSafetensors = (tensors: readonly NamedArray[], metadata: Readonly<Record<string, string>>): readonly Uint8Array[] =>
  [encodeHeader(tensors, metadata), ...tensors.map(({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength))];

/**
 * Writes a file so that it is there whole or not at all: a temporary file beside it, flushed, then renamed.
 * Throws PretextError DISK_FULL when there is no room; nothing that was there before is touched then.
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly NamedArray[],
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const temporary = `${path}.partial`;
  try {
    const file = await open(temporary, 'w');
    try {
      for (const piece of encodeSafetensors(tensors, metadata)) await file.writeFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw explainDiskError(error, path);
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  await folder.sync().finally(() => folder.close());
}

export interface StoredArrays {
  readonly tensors: readonly NamedArray[];
  /** Names of arrays that were not wanted. */
  readonly others: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads the arrays of a file whose names are wanted, all by default. Throws PretextError BAD_STATE when it is cut short, not of this
 * format, or when what is wanted has numbers of another type.
 */
export async function readSafetensors(path: string, isWanted: (name: string) => boolean = () => true): Promise<StoredArrays> {
  const file = await open(path);
  try {
    const { header: { entries, metadata }, dataStart } = await openHeader(file, path);
    const tensors: NamedArray[] = [];
    for (const entry of entries) {
      if (isWanted(entry.name)) tensors.push({ name: entry.name, shape: entry.shape, values: await readArray(file, path, entry, dataStart) });
    }
    return { tensors, others: entries.flatMap(({ name }) => (isWanted(name) ? [] : [name])), metadata };
  } finally {
    await file.close();
  }
}

/** Names and shapes alone. Throws PretextError BAD_STATE as readSafetensors does. */
export async function readHeader(path: string): Promise<{ readonly arrays: readonly Pick<HeaderEntry, 'name' | 'shape'>[]; readonly metadata: StoredArrays['metadata'] }> {
  const file = await open(path);
  try {
    const { header: { entries, metadata } } = await openHeader(file, path);
    return { arrays: entries, metadata };
  } finally {
    await file.close();
  }
}

const LENGTH_BYTES = 8;

async function openHeader(file: FileHandle, path: string): Promise<{ readonly header: Header; readonly dataStart: number }> {
  const { size } = await file.stat();
  const start = await readBytes(file, 0, Math.min(size, LENGTH_BYTES + 1));
  throwOnOtherKind(path, start);
  if (size < LENGTH_BYTES) throw createFormatError(path, `${size} bytes is too short`);
  const length = Number(start.readBigUInt64LE());
  if (length > MAX_HEADER_BYTES) throw createFormatError(path, `its header would have ${length} bytes`, 'It is a file of another kind, or damaged.');
  if (LENGTH_BYTES + length > size) throw createFormatError(path, 'its header is cut short', 'Download or copy it again.');
  const json = (await readBytes(file, LENGTH_BYTES, length)).toString('utf8');
  return { header: parseHeader(path, json, size - LENGTH_BYTES - length), dataStart: LENGTH_BYTES + length };
}

async function readArray(file: FileHandle, path: string, { name, dtype, start, end }: HeaderEntry, dataStart: number): Promise<Float32Array> {
  const convert = toFloats[dtype];
  if (convert === undefined) {
    throw createFormatError(path, `"${name}" is ${dtype}, expected ${Object.keys(toFloats).join(', ')}`);
  }
  return convert(await readBytes(file, dataStart + start, end - start));
}

/** Aligned memory of its own. */
async function readBytes(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.from(new ArrayBuffer(length));
  for (let filled = 0; filled < length;) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) throw new Error('The file became shorter while it was read.');
    filled += bytesRead;
  }
  return bytes;
}
