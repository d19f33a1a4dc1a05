// The native kernels against float64, against the WebAssembly ones and against each other, built afresh where there is a
// C compiler. Where there is none this is a visible skip: nothing needs them.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { buildNative, findCompiler } from '../../../scripts/tools/build-native.js';
import { createRandom } from '../../../shared/random/random.js';
import { allocatePacked, multiplyColumns, multiplyRows, packInto } from '../../../worker/backends/simd/gemm.js';
import { loadKernels } from '../../../worker/backends/simd/kernels.js';
import type { Kernels } from '../../../worker/backends/simd/kernels.js';
import { findNative } from '../../../worker/backends/simd/native.js';
import type { NativeKernels } from '../../../worker/backends/simd/native.js';
import { RowTables } from '../../../worker/backends/simd/rows.js';

/** No kernel may touch what lies around its output: it is filled with this. */
const GUARD = -12345.5;
const GUARD_FLOATS = 32;

interface Product {
  readonly M: number;
  readonly N: number;
  /** A row of A is so many runs of floats, which lie `gap` floats apart. */
  readonly segments: number;
  readonly length: number;
  readonly gap: number;
  readonly accumulate: boolean;
  readonly hasBias: boolean;
}

/** Shapes around the edges of tiles, panels, groups of panels, passes and chunks. */
function listProducts(): Product[] {
  const random = createRandom({ seed: 5, epoch: 0, sample: 0, purpose: 'native shapes' });
  const pick = (values: readonly number[]): number => values[random.int(values.length)]!;
  return Array.from({ length: 60 }, () => ({
    M: pick([1, 2, 5, 6, 7, 12, 13, 24, 25, 61, 130, 1000]),
    N: pick([1, 3, 7, 8, 9, 15, 16, 17, 24, 25, 31, 32, 33, 40, 63, 64, 72]),
    segments: pick([1, 1, 2, 3]),
    length: pick([1, 2, 3, 4, 5, 9, 13, 27, 64, 100, 400]),
    gap: pick([0, 1, 7]),
    accumulate: random.chance(0.5),
    hasBias: random.chance(0.5),
  }));
}

function createFloats(length: number, purpose: string): Float32Array {
  const random = createRandom({ seed: 6, epoch: 0, sample: 0, purpose });
  return Float32Array.from({ length }, () => random.uniform(-1, 1));
}

function put(kernels: Kernels, values: Float32Array): number {
  const pointer = kernels.heap.allocate(values.byteLength);
  viewOf(kernels, pointer, values.length).set(values);
  return pointer;
}

const viewOf = ({ heap }: Kernels, pointer: number, length: number): Float32Array => new Float32Array(heap.memory.buffer, pointer, length);

/** A range of `length` floats of `contents` in the middle of guards; `read` fails the test where a guard was touched. */
function putGuarded(kernels: Kernels, contents: Float32Array) {
  const all = new Float32Array(contents.length + 2 * GUARD_FLOATS).fill(GUARD);
  all.set(contents, GUARD_FLOATS);
  const pointer = put(kernels, all);
  const read = (): { readonly values: Float32Array; readonly isGuarded: boolean } => {
    const after = viewOf(kernels, pointer, all.length).slice();
    const guards = [...after.subarray(0, GUARD_FLOATS), ...after.subarray(GUARD_FLOATS + contents.length)];
    return { values: after.subarray(GUARD_FLOATS, GUARD_FLOATS + contents.length), isGuarded: guards.every((value) => value === GUARD) };
  };
  return { pointer: pointer + GUARD_FLOATS * 4, read, free: () => kernels.heap.free(pointer) };
}

/** Inputs of a product as they lie in memory, C with two floats between its rows. */
function createOperands({ M, N, segments, length, gap }: Product) {
  const depth = segments * length;
  const rowFloats = segments * (length + gap) + 3;
  const a = createFloats(M * rowFloats + segments * gap, 'a');
  const strideC = N + 2;
  const c = createFloats(M * strideC, 'c');
  for (let m = 0; m < M; m++) c.fill(GUARD, m * strideC + N, (m + 1) * strideC);
  const at = (m: number, k: number): number => a[m * rowFloats + Math.floor(k / length) * (length + gap) + (k % length)]!;
  return { depth, rowFloats, a, at, strideC, c, b: createFloats(depth * N, 'b'), bias: createFloats(N, 'bias') };
}

function packRows(kernels: Kernels, b: Float32Array, rows: number, columns: number) {
  const pointer = put(kernels, b);
  const packed = allocatePacked(kernels, rows, columns);
  packInto(kernels, packed, { pointer, rowStride: columns * 4, columnStride: 4, rows });
  kernels.heap.free(pointer);
  return packed;
}

function runRows(kernels: Kernels, product: Product): { readonly values: Float32Array; readonly isGuarded: boolean } {
  const { M, N, segments, length, gap, hasBias } = product;
  const { depth, rowFloats, a, strideC, c, b, bias } = createOperands(product);
  const tables = new RowTables(kernels.heap);
  const out = putGuarded(kernels, c);
  const padded = new Float32Array(Math.ceil(N / 8) * 8);
  padded.set(bias);
  const rowsOfA = { pointer: put(kernels, a), rows: tables.linear(M, rowFloats * 4), shape: { segments, length, segmentStride: (length + gap) * 4 } };
  const target = { pointer: out.pointer, rows: tables.linear(M, strideC * 4), ...(hasBias && { bias: put(kernels, padded) }) };
  multiplyRows(kernels, rowsOfA, packRows(kernels, b, depth, N), target);
  return out.read();
}

function runColumns(kernels: Kernels, product: Product): { readonly values: Float32Array; readonly isGuarded: boolean } {
  const { M, N, segments, length, gap, accumulate } = product;
  const { depth, rowFloats, a } = createOperands(product);
  const out = putGuarded(kernels, createFloats(depth * N, 'columns'));
  const rowsOfA = { pointer: put(kernels, a), rows: new RowTables(kernels.heap).linear(M, rowFloats * 4), shape: { segments, length, segmentStride: (length + gap) * 4 } };
  multiplyColumns(kernels, rowsOfA, packRows(kernels, createFloats(M * N, 'by'), M, N), { pointer: out.pointer, accumulate });
  return out.read();
}

function expectRows(product: Product): Float64Array {
  const { depth, at, strideC, c, b, bias } = createOperands(product);
  const expected = Float64Array.from(c);
  for (let m = 0; m < product.M; m++) {
    for (let n = 0; n < product.N; n++) {
      let sum = product.hasBias ? bias[n]! : 0;
      for (let k = 0; k < depth; k++) sum += at(m, k) * b[k * product.N + n]!;
      expected[m * strideC + n] = sum;
    }
  }
  return expected;
}

function expectColumns(product: Product): Float64Array {
  const { depth, at } = createOperands(product);
  const { M, N, accumulate } = product;
  const by = createFloats(M * N, 'by');
  const expected = accumulate ? Float64Array.from(createFloats(depth * N, 'columns')) : new Float64Array(depth * N);
  for (let m = 0; m < M; m++) {
    for (let k = 0; k < depth; k++) {
      for (let n = 0; n < N; n++) expected[k * N + n]! += at(m, k) * by[m * N + n]!;
    }
  }
  return expected;
}

function findLargestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    // Not Math.max, so that a NaN counts.
    if (!(difference <= worst)) worst = difference;
  }
  return worst;
}

/** A sum of up to 1,200 products of numbers below 1, each step rounded to 24 bits: root of 1,200 times 2^-24 times a sum of 30 at most. */
const TOLERANCE = 6e-5;

const folder = mkdtempSync(join(tmpdir(), 'pretext-native-'));
test.after.always(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'kernels.node');
const compiler = findCompiler();
const canBuild = compiler !== undefined && process.platform !== 'win32' && ['x64', 'arm64'].includes(process.arch);
if (canBuild) buildNative(file);

const find = (wanted: string): NativeKernels | undefined => findNative({ file, wanted });
const sets = canBuild ? (createRequire(import.meta.url)(file) as { supported: readonly string[] }).supported : [];

if (sets.length === 0) {
  test('native kernels compute what the others do', (t) => {
    t.log(`SKIPPED: ${canBuild ? 'this processor has none of their instruction sets' : 'no C compiler for them here'}`);
    t.pass();
  });
}

for (const set of sets) {
  for (const [title, run, expect] of [['rows', runRows, expectRows], ['columns', runColumns, expectColumns]] as const) {
    test.serial(`native ${set}: products by ${title} are those of float64, and nothing else is written`, async (t) => {
      const native = await loadKernels(1, () => find(set));
      const reference = await loadKernels(1, () => undefined);
      t.is(native.name, `native-${set}`);
      for (const product of listProducts()) {
        const { values, isGuarded } = run(native, product);
        const label = JSON.stringify(product);
        t.true(isGuarded, label);
        const error = findLargestDifference(values, expect(product));
        t.true(error <= TOLERANCE, `${error} ${label}`);
        const difference = findLargestDifference(values, run(reference, product).values);
        t.true(difference <= TOLERANCE, `${difference} from WebAssembly ${label}`);
      }
    });
  }

  test.serial(`native ${set}: threads and instruction sets change no bit`, async (t) => {
    const alone = await loadKernels(1, () => find(sets[0]!));
    const shared = await loadKernels(2, () => find(set));
    t.teardown(() => shared.dispose());
    const products = [...listProducts().slice(0, 20), { M: 3000, N: 64, segments: 3, length: 192, gap: 64, accumulate: true, hasBias: false }];
    for (const product of products) {
      for (const run of [runRows, runColumns]) t.deepEqual(run(shared, product).values, run(alone, product).values, JSON.stringify(product));
    }
  });
}

test.serial('PRETEXT_NATIVE=0 leaves the native kernels out', (t) => {
  if (sets.length === 0) t.log('SKIPPED: there are none here');
  t.is(find('0'), undefined);
});

test.serial('native kernels that cannot be used are left out with a warning', async (t) => {
  const broken = join(folder, 'broken.node');
  writeFileSync(broken, 'not a library');
  const warnings: string[] = [];
  const listen = ({ message }: Error): void => void warnings.push(message);
  process.on('warning', listen);
  t.teardown(() => process.off('warning', listen));
  const expected = [/broken\.node are left out/];
  t.is(findNative({ file: broken }), undefined);
  if (sets.length > 0) {
    t.is(findNative({ file, digest: 'other' }), undefined);
    t.is(find('sse9'), undefined);
    expected.push(/built for other kernels/, /got 'sse9'/);
  }
  // Warnings are told on the next turn of the loop.
  await new Promise((resolve) => setImmediate(resolve));
  t.is(warnings.length, expected.length);
  expected.forEach((pattern, i) => t.regex(warnings[i]!, pattern));
  const kernels = await loadKernels(1, () => findNative({ file: broken }));
  t.regex(kernels.name, /^wasm/);
});
