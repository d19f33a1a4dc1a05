// Files that only grow, line by line: what a copy lacks is added to it. A copy never has more than whole lines of its file.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

const CHUNK_BYTES = 1024 * 1024;
const TAIL_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** Adds the lines before byte `upTo` that the copy lacks. */
export type CopyLines = (from: string, to: string, upTo: number) => Promise<void>;

/** `onOther` is told before a copy that is no beginning of its file is replaced; it may throw. */
export function createLineCopies(onOther: (from: string, to: string) => void = () => {}): CopyLines {
  const known = new Map<string, number>();
  return async (from, to, upTo) => {
    let done = known.get(to) ?? await findCommon(from, to, upTo);
    if (done === undefined) {
      onOther(from, to);
      done = 0;
    }
    known.delete(to);
    known.set(to, await append({ from, to, done, upTo }));
  };
}

/** Bytes of the whole lines at the beginning of both files; undefined where the second goes on otherwise than the first. */
export async function findCommon(from: string, to: string, upTo = Infinity): Promise<number | undefined> {
  const there = await wholeSizeOf(to);
  if (there === 0) return 0;
  if (there > Math.min(upTo, await wholeSizeOf(from))) return undefined;
  return (await hashStart(from, there)) === (await hashStart(to, there)) ? there : undefined;
}

async function hashStart(path: string, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { end: bytes - 1 }), hash);
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
