// Files that only grow, line by line: what a copy lacks is added to it. A copy never has more than whole lines of its file.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

const CHUNK_BYTES = 1024 * 1024;
const TAIL_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** Adds the lines before byte `upTo` that the copy lacks. */
export type CopyLines = (from: string, to: string, upTo: number) => Promise<void>;

export interface LineCopies {
  /** Like findCommon, which is called only where the copy is not as this process left it. */
  findDone(from: string, to: string, upTo: number): Promise<number | undefined>;
  readonly copy: CopyLines;
}

/** `onOther` is told before a copy that is no beginning of its file is replaced; it may throw. */
export function createLineCopies(onOther: (from: string, to: string) => void = () => {}): LineCopies {
  const known = new Map<string, number>();

  async function findDone(from: string, to: string, upTo: number): Promise<number | undefined> {
    const done = known.get(to);
    // The folder may have been emptied, or another volume mounted there.
    if (done !== undefined && (await endsAlike(from, to, done))) return done;
    known.delete(to);
    const common = await findCommon(from, to, upTo);
    if (common !== undefined) known.set(to, common);
    return common;
  }

  async function copy(from: string, to: string, upTo: number): Promise<void> {
    let done = await findDone(from, to, upTo);
    if (done === undefined) {
      onOther(from, to);
      done = 0;
    }
    known.delete(to);
    known.set(to, await append({ from, to, done, upTo }));
  }

  return { findDone, copy };
}

/** Whether the copy ends at byte `done`, with what its file has there. */
async function endsAlike(from: string, to: string, done: number): Promise<boolean> {
  const size = (await stat(to).catch(() => undefined))?.size;
  return size === done && (await hashRange(from, Math.max(0, done - TAIL_BYTES), done)) === (await hashRange(to, Math.max(0, done - TAIL_BYTES), done));
}

/** Bytes of the whole lines at the beginning of both files; undefined where the second goes on otherwise than the first. */
export async function findCommon(from: string, to: string, upTo = Infinity): Promise<number | undefined> {
  const there = await wholeSizeOf(to);
  if (there === 0) return 0;
  if (there > Math.min(upTo, await wholeSizeOf(from))) return undefined;
  return (await hashRange(from, 0, there)) === (await hashRange(to, 0, there)) ? there : undefined;
}

async function hashRange(path: string, start: number, end: number): Promise<string> {
  const hash = createHash('sha256');
  if (end > start) await pipeline(createReadStream(path, { start, end: end - 1 }), hash);
  return hash.digest('hex');
}

/** Size of a file up to its last end of a line; 0 when there is none. */
export async function wholeSizeOf(path: string): Promise<number> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!file) return 0;
  try {
    const chunk = Buffer.alloc(TAIL_BYTES);
    for (let end = (await file.stat()).size; end > 0;) {
      const start = Math.max(0, end - TAIL_BYTES);
      const { bytesRead } = await file.read(chunk, 0, end - start, start);
      const newline = chunk.lastIndexOf(NEWLINE, bytesRead - 1);
      if (bytesRead > 0 && newline >= 0) return start + newline + 1;
      end = start;
    }
    return 0;
  } finally {
    await file.close();
  }
}

interface Piece {
  readonly from: string;
  readonly to: string;
  readonly done: number;
  readonly upTo: number;
}

/** Returns up to where both are the same. What a copy that failed half-way has left is written over. */
async function append({ from, to, done, upTo }: Piece): Promise<number> {
  const target = await open(to, 'r+').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return open(to, 'w+');
    throw error;
  });
  try {
    if ((await target.stat()).size > done) await target.truncate(done);
    if (upTo <= done) return done;
    const source = await open(from);
    try {
      await copyRange(source, target, { start: done, end: upTo });
    } finally {
      await source.close();
    }
    await target.datasync();
    return upTo;
  } finally {
    await target.close();
  }
}

async function copyRange(source: FileHandle, target: FileHandle, { start, end }: { start: number; end: number }): Promise<void> {
  const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, end - start));
  for (let position = start; position < end;) {
    const { bytesRead } = await source.read(chunk, 0, Math.min(chunk.length, end - position), position);
    if (bytesRead === 0) throw new Error('the file has become shorter');
    await target.write(chunk, 0, bytesRead, position);
    position += bytesRead;
  }
}
