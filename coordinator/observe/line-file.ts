// A file of JSON lines written in the background, in order. A disk that takes no more costs lines, never the run.

import { appendFile, open, stat, truncate } from 'node:fs/promises';
import { messageOf } from '../../shared/errors/pretext-error.js';
import { explainDiskError } from '../../shared/errors/disk-error.js';

export interface LineFile {
  push(...lines: object[]): void;
  /** Resolves when everything pushed is written or lost. */
  flush(): Promise<void>;
}

/** A line that a crash tore is looked for in so many last bytes. */
const TAIL_BYTES = 64 * 1024;

/** Size of the whole lines at the end of a file; 0 when there is none. */
async function findWholeSize(path: string): Promise<number> {
  const size = (await stat(path).catch(() => undefined))?.size ?? 0;
  if (size === 0) return 0;
  const file = await open(path);
  try {
    const start = Math.max(0, size - TAIL_BYTES);
    const tail = Buffer.alloc(size - start);
    await file.read(tail, 0, tail.length, start);
    const end = tail.lastIndexOf('\n') + 1;
    return end === 0 && start > 0 ? size : start + end;
  } finally {
    await file.close();
  }
}

/** Opens a file to append to. `onLost` is told of lines that could not be written, and why. */
export function createLineFile(path: string, onLost: (lines: number, reason: string) => void): LineFile {
  let size: number | undefined;
  let last: Promise<void> = Promise.resolve();

  /** Cuts off what is not whole lines, from a crash or from a write that failed half-way. */
  async function cut(): Promise<void> {
    size ??= await findWholeSize(path);
    if (((await stat(path).catch(() => undefined))?.size ?? 0) > size) await truncate(path, size);
  }

  async function write(text: string, lines: number): Promise<void> {
    try {
      await cut();
      await appendFile(path, text);
      size! += Buffer.byteLength(text);
    } catch (error) {
      onLost(lines, messageOf(explainDiskError(error, path)));
    }
  }

  return {
    push(...lines) {
      if (lines.length === 0) return;
      const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
      last = last.then(() => write(text, lines.length));
    },
    flush: () => last,
  };
}
