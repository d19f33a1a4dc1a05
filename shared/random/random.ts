// Counter-based randomness: a value depends on its key and its place in the stream, on nothing else.
// Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
// Only integer and exact float64 operations, so every engine and version gives the same bits.

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** What a stream of random numbers is keyed by. All integers in 0..2^32-1, `purpose` any string. */
export interface RandomKey {
  readonly seed: number;
  readonly epoch: number;
  readonly sample: number;
  readonly purpose: string;
}

/** A stream of random numbers. */
export interface Random {
  /** Uniform integer in 0..2^32-1. */
  uint32(): number;
  /** Uniform in [0, 1), 32 bits. */
  float(): number;
  /** Uniform in [low, high). */
  uniform(low: number, high: number): number;
  /** Uniform integer in 0..limit-1, without modulo bias. */
  int(limit: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** The numbers 0..length-1 in a uniformly random order. */
  permutation(length: number): Uint32Array;
}

/** FNV-1a over UTF-16 code units: a purpose's share of the key. */
function hashPurpose(purpose: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < purpose.length; i++) {
    hash = Math.imul(hash ^ purpose.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

/** High 32 bits of the 64-bit product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const cross = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + (cross >>> 16)) >>> 0;
}

/** One Philox 4x32-10 block: four 32-bit words of the counter under a two-word key. */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0) >>> 0;
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** The stream that belongs to a key. Equal keys give equal streams. */
export function createRandom(key: RandomKey): Random {
  const words: [number, number] = [key.seed >>> 0, hashPurpose(key.purpose)];
  let block: readonly number[] = [];
  let blockIndex = 0;
  let used = 4;

  function uint32(): number {
    if (used === 4) {
      block = philox([blockIndex, key.sample >>> 0, key.epoch >>> 0, 0], words);
      blockIndex += 1;
      used = 0;
    }
    return block[used++]!;
  }

  function int(limit: number): number {
    const unbiased = 0x100000000 - (0x100000000 % limit);
    let value = uint32();
    while (value >= unbiased) value = uint32();
    return value % limit;
  }

  function permutation(length: number): Uint32Array {
    const order = Uint32Array.from({ length }, (_, i) => i);
    for (let i = length - 1; i > 0; i--) {
      const j = int(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }

  const float = (): number => uint32() / 0x100000000;
  return {
    uint32,
    float,
    int,
    permutation,
    uniform: (low, high) => low + (high - low) * float(),
    chance: (probability) => float() < probability,
  };
}
