// Log records in the run's folder: one file for the coordinator and one for each worker, each with one rotation behind it.
// Written synchronously: a record that a reader has seen is in its file even if the coordinator is killed right after.

import { createHash } from 'node:crypto';
import { appendFileSync, closeSync, fstatSync, mkdirSync, openSync, readdirSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { COORDINATOR, readTagged, type TaggedRecord } from './tag-record.js';

const MAX_ID_CHARS = 64;

/** File name of a source, without its ending. No name of a worker leaves the folder or is that of another's file. */
export function fileNameOf(source: string): string {
  if (source === COORDINATOR) return COORDINATOR;
  const safe = source.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, MAX_ID_CHARS);
  const suffix = safe === source ? '' : `-${createHash('sha256').update(source).digest('hex').slice(0, 8)}`;
  return `worker-${safe}${suffix}`;
}

/** Names of the sources' files in a folder, rotations left out. */
export function listLogNames(folder: string): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.ndjson'));
  return [...new Set(files.map((file) => file.replace(/(\.1)?\.ndjson$/, '')))].sort();
}

interface Tail {
  readonly text: string;
  /** True when the file has more before it. */
  readonly isCut: boolean;
}

/** The end of a file from the beginning of a line on; empty when there is no file. */
function readTail(path: string, maxBytes: number): Tail {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return { text: '', isCut: false };
  }
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, maxBytes));
    const numRead = readSync(file, bytes, 0, bytes.length, size - bytes.length);
    const text = bytes.toString('utf8', 0, numRead);
    const isCut = size > bytes.length;
    return { text: isCut ? text.slice(text.indexOf('\n') + 1) : text, isCut };
  } finally {
    closeSync(file);
  }
}

/** A source's newest records, and whether there are older ones on disk. */
function readNewest(folder: string, name: string, maxBytes: number): { records: TaggedRecord[]; isCut: boolean } {
  const current = readTail(join(folder, `${name}.ndjson`), maxBytes);
  const before = current.isCut ? { text: '', isCut: true } : readTail(join(folder, `${name}.1.ndjson`), maxBytes);
  const lines = `${before.text}\n${current.text}`.split('\n');
  const records = lines.map(readTagged).filter((record) => record !== undefined);
  return { records, isCut: current.isCut || before.isCut };
}

/** The newest records of all sources in order of their ids, with none missing from the first one on. */
export function readNewestRecords(folder: string, maxRecords: number, maxBytesPerFile: number): TaggedRecord[] {
  const sources = listLogNames(folder).map((name) => readNewest(folder, name, maxBytesPerFile));
  const firstComplete = Math.max(0, ...sources.filter((source) => source.isCut).map((source) => source.records[0]?.id ?? 0));
  return sources
    .flatMap((source) => source.records)
    .filter((record) => record.id >= firstComplete)
    .sort((a, b) => a.id - b.id)
    .slice(-maxRecords);
}

export interface LogFiles {
  /** Appends records of one source. Throws what the file system throws. */
  append(source: string, records: readonly TaggedRecord[]): void;
}

export interface LogFilesOptions {
  readonly maxFileBytes: number;
  /** Of all files together. */
  readonly maxTotalBytes: number;
}

/** The total is looked at each time that such a share of it was written, and brought down by another. */
const LOOK_SHARE = 1 / 32;
const ROOM_SHARE = 1 / 16;

const COORDINATOR_FILES = [`${COORDINATOR}.ndjson`, `${COORDINATOR}.1.ndjson`];

interface FileFacts {
  readonly file: string;
  readonly bytes: number;
  readonly writtenMs: number;
}

function listFiles(folder: string): FileFacts[] {
  return readdirSync(folder).filter((file) => file.endsWith('.ndjson')).flatMap((file) => {
    const stats = statSync(join(folder, file), { throwIfNoEntry: false });
    return stats ? [{ file, bytes: stats.size, writtenMs: stats.mtimeMs }] : [];
  });
}

/** Which files to remove for so many bytes less, those that were written to longest ago first. Pure. */
export function chooseOld(files: readonly FileFacts[], maxBytes: number): string[] {
  let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const removed: string[] = [];
  for (const { file, bytes } of [...files].sort((a, b) => a.writtenMs - b.writtenMs)) {
    if (total <= maxBytes) break;
    // What the coordinator writes is the run's own story, and bounded by itself.
    if (COORDINATOR_FILES.includes(file)) continue;
    removed.push(file);
    total -= bytes;
  }
  return removed;
}

/** Opens the log files of a folder, making it if it is not there. */
export function createLogFiles(folder: string, { maxFileBytes: mostOfOne, maxTotalBytes }: LogFilesOptions): LogFiles {
  mkdirSync(folder, { recursive: true });
  const maxFileBytes = Math.min(mostOfOne, maxTotalBytes / 8);
  const sizes = new Map<string, number>();
  let unseenBytes = Infinity;

  /** Workers come under new names all the time: each has files of its own. */
  function makeRoom(bytes: number): void {
    unseenBytes += bytes;
    if (unseenBytes < maxTotalBytes * LOOK_SHARE) return;
    unseenBytes = 0;
    const files = listFiles(folder);
    const total = files.reduce((sum, file) => sum + file.bytes, 0);
    if (total + bytes + maxTotalBytes * LOOK_SHARE <= maxTotalBytes) return;
    for (const file of chooseOld(files, maxTotalBytes * (1 - ROOM_SHARE) - bytes)) {
      rmSync(join(folder, file), { force: true });
      sizes.delete(file.replace(/\.ndjson$/, ''));
    }
  }

  /** Size of a file on first use; a line that a crash cut off is ended, so that the next one stands by itself. */
  function sizeOf(path: string): number {
    const { text } = readTail(path, 1);
    if (text !== '' && text !== '\n') appendFileSync(path, '\n');
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }

  return {
    append(source, records) {
      const name = fileNameOf(source);
      const path = join(folder, `${name}.ndjson`);
      const text = records.map((record) => `${record.line}\n`).join('');
      const bytes = Buffer.byteLength(text);
      makeRoom(bytes);
      let size = sizes.get(name) ?? sizeOf(path);
      if (size > 0 && size + bytes > maxFileBytes) {
        renameSync(path, join(folder, `${name}.1.ndjson`));
        size = 0;
      }
      // Until it is known to be written whole, the file may end in half a line.
      sizes.delete(name);
      appendFileSync(path, text);
      sizes.set(name, size + bytes);
    },
  };
}
