// Allocates byte ranges of the shared WebAssembly memory: first fit by address, neighbours joined when freed, so that
// the memory stays flat over thousands of steps whatever the order of frees. Leaves out who owns a range: the caller does.

import { PretextError } from '../../../shared/errors/pretext-error.js';

const PAGE_BYTES = 65536;
const ALIGNMENT_BYTES = 64;
/** Kernels may read this far beyond the end of a range. */
const SLACK_BYTES = 16;

export class Heap {
  readonly memory: WebAssembly.Memory;
  readonly #maximumPages: number;
  /** Free ranges in order of address: starts and ends, never touching. */
  readonly #starts: number[];
  readonly #ends: number[];
  readonly #used = new Map<number, number>();
  #usedBytes = 0;

  constructor(memory: WebAssembly.Memory, base: number, maximumPages: number) {
    this.memory = memory;
    this.#maximumPages = maximumPages;
    this.#starts = [Math.ceil(base / ALIGNMENT_BYTES) * ALIGNMENT_BYTES];
    this.#ends = [memory.buffer.byteLength];
  }

  /** Bytes in use, rounded up as they were allocated. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Bytes that the memory has grown to. */
  get capacityBytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** A range of at least so many bytes, not cleared; its first byte. Throws PretextError DEVICE_FULL when 4 GiB are full, or the machine's memory. */
  allocate(bytes: number): number {
    const size = Math.ceil((bytes + SLACK_BYTES) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    const index = this.#findFree(size);
    const start = this.#starts[index]!;
    if (this.#ends[index]! - start === size) {
      this.#starts.splice(index, 1);
      this.#ends.splice(index, 1);
    } else {
      this.#starts[index] = start + size;
    }
    this.#used.set(start, size);
    this.#usedBytes += size;
    return start;
  }

  free(start: number): void {
    const size = this.#used.get(start);
    if (size === undefined) throw new PretextError('BAD_STATE', `simd: nothing is allocated at ${start}`);
    this.#used.delete(start);
    this.#usedBytes -= size;
    this.#insertFree(start, start + size);
  }

  #findFree(size: number): number {
    for (let i = 0; i < this.#starts.length; i++) {
      if (this.#ends[i]! - this.#starts[i]! >= size) return i;
    }
    this.#grow(size);
    return this.#starts.length - 1;
  }

  /** Adds room for `size` bytes at the end, and a quarter of what there is, so that growing is rare. */
  #grow(size: number): void {
    const oldBytes = this.capacityBytes;
    const wantedBytes = Math.max(size, oldBytes / 4);
    const free = this.#maximumPages - oldBytes / PAGE_BYTES;
    const pages = Math.min(Math.ceil(wantedBytes / PAGE_BYTES), free);
    if (pages * PAGE_BYTES < size) throw this.#createFullError(size);
    try {
      this.memory.grow(pages);
    } catch (cause) {
      throw this.#createFullError(size, cause);
    }
    this.#insertFree(oldBytes, this.capacityBytes);
  }

  #createFullError(size: number, cause?: unknown): PretextError {
    const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
    return new PretextError(
      'DEVICE_FULL',
      `simd: out of memory: ${mebibytes(this.#usedBytes)} of at most ${mebibytes(this.#maximumPages * PAGE_BYTES)} MiB are in use and ${mebibytes(size)} MiB more were asked for`,
      { hint: 'Use a smaller batch.microbatchSize, smaller images or a smaller model.', cause },
    );
  }

  #insertFree(start: number, end: number): void {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! < start) low = middle + 1;
      else high = middle;
    }
    const joinsLeft = low > 0 && this.#ends[low - 1] === start;
    const joinsRight = this.#starts[low] === end;
    if (joinsLeft && joinsRight) {
      this.#ends[low - 1] = this.#ends[low]!;
      this.#starts.splice(low, 1);
      this.#ends.splice(low, 1);
    } else if (joinsLeft) {
      this.#ends[low - 1] = end;
    } else if (joinsRight) {
      this.#starts[low] = start;
    } else {
      this.#starts.splice(low, 0, start);
      this.#ends.splice(low, 0, end);
    }
  }
}
