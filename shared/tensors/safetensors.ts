// The safetensors file format (Hugging Face): 8 bytes header length, a JSON header, then the raw tensors.
// fp32 only. https://github.com/huggingface/safetensors

import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { explainDiskError } from '../errors/disk-error.js';
import { PretextError } from '../errors/pretext-error.js';
import { sizeOf } from '../state/spec.js';

export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
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
      await file.writeFile(encodeHeader(tensors, metadata));
      for (const { values } of tensors) {
        await file.writeFile(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      }
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

/** Reads the arrays of a file whose names are wanted, all by default. Throws PretextError BAD_STATE when it is cut short or not of this format. */
export async function readSafetensors(path: string, isWanted: (name: string) => boolean = () => true): Promise<StoredArrays> {
  const file = await open(path);
  try {
    const fail = (what: string): never => {
      throw new PretextError('BAD_STATE', `"${path}" is not a whole safetensors file: ${what}.`);
    };
    const { size } = await file.stat();
    const { header, dataStart } = await readHeader(file, size, fail);
    const { __metadata__: metadata = {}, ...entries } = header;
    const tensors: NamedArray[] = [];
    for (const [name, { dtype, shape, data_offsets: [start, end] }] of Object.entries(entries)) {
      if (dtype !== 'F32') fail(`"${name}" is ${dtype}, expected F32`);
      if (dataStart + end > size || end - start !== sizeOf(shape) * 4) fail(`"${name}" is cut short`);
      if (isWanted(name)) tensors.push({ name, shape, values: await readFloats(file, dataStart + start, sizeOf(shape)) });
    }
    return { tensors, others: Object.keys(entries).filter((name) => !isWanted(name)), metadata };
  } finally {
    await file.close();
  }
}

type Header = Record<string, HeaderEntry> & { readonly __metadata__?: Record<string, string> };

async function readHeader(file: FileHandle, size: number, fail: (what: string) => never): Promise<{ header: Header; dataStart: number }> {
  const start = Buffer.alloc(8);
  if (size < start.length) fail(`${size} bytes is too short`);
  await file.read(start, 0, start.length, 0);
  const dataStart = start.length + Number(start.readBigUInt64LE());
  if (dataStart > size) fail('its header is cut short');
  const text = Buffer.alloc(dataStart - start.length);
  await file.read(text, 0, text.length, start.length);
  try {
    return { header: JSON.parse(text.toString('utf8')) as Header, dataStart };
  } catch {
    return fail('its header is not JSON');
  }
}

async function readFloats(file: FileHandle, position: number, length: number): Promise<Float32Array> {
  const values = new Float32Array(length);
  if (length > 0) await file.read(new Uint8Array(values.buffer), 0, values.byteLength, position);
  return values;
}
