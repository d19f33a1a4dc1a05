// The safetensors file format (Hugging Face): 8 bytes header length, a JSON header, then the raw tensors.
// fp32 only. https://github.com/huggingface/safetensors

import { open, readFile, rename, rm } from 'node:fs/promises';
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

/** Reads a file. The arrays are views on one buffer. Throws PretextError BAD_STATE when the file is cut short or not of this format. */
export async function readSafetensors(
  path: string,
): Promise<{ tensors: readonly NamedArray[]; metadata: Readonly<Record<string, string>> }> {
  const bytes = await readFile(path);
  const fail = (what: string): never => {
    throw new PretextError('BAD_STATE', `"${path}" is not a whole safetensors file: ${what}.`);
  };
  if (bytes.length < 8) fail(`${bytes.length} bytes is too short`);
  const dataStart = 8 + Number(bytes.readBigUInt64LE());
  if (dataStart > bytes.length) fail('its header is cut short');
  let header: Record<string, HeaderEntry> & { __metadata__?: Record<string, string> };
  try {
    header = JSON.parse(bytes.toString('utf8', 8, dataStart)) as typeof header;
  } catch {
    return fail('its header is not JSON');
  }
  const { __metadata__: metadata = {}, ...entries } = header;
  const data = new Uint8Array(bytes.subarray(dataStart)).buffer;
  const tensors = Object.entries(entries).map(([name, { dtype, shape, data_offsets: [start, end] }]) => {
    if (dtype !== 'F32') fail(`"${name}" is ${dtype}, expected F32`);
    if (end > data.byteLength || end - start !== sizeOf(shape) * 4) fail(`"${name}" is cut short`);
    return { name, shape, values: new Float32Array(data, start, sizeOf(shape)) };
  });
  return { tensors, metadata };
}
