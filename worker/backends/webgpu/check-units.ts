// Puts products on matrix units once they have computed one right: they are experimental in Dawn and in drivers.

import { messageOf } from '../../../shared/errors/pretext-error.js';
import { createRandom } from '../../../shared/random/random.js';
import type { GpuDevice } from './dawn.js';
import type { Product } from './gemm/plan.js';
import { runProduct } from './gemm/run.js';
import { useUnits } from './matrix-units.js';
import type { MatrixUnits } from './matrix-units.js';
import type { GpuBackend } from './program.js';

/** Of the largest number of the result. */
const TOLERANCE = 1e-5;
const [ROWS, COLUMNS, DEPTH] = [70, 45, 100] as const;

const product: Product = {
  key: 'checkUnits',
  batches: 1, rows: ROWS, columns: COLUMNS, depth: DEPTH,
  left: { contiguous: 'depth', isVector: true, read: `return a[(outer * ${DEPTH} + depth) / 4];` },
  right: { contiguous: 'outer', isVector: false, read: `return b[depth * ${COLUMNS} + outer];` },
};

/** The largest error, of the largest number. NaN where some number is NaN. */
function findError(values: Float32Array, a: Float32Array, b: Float32Array): number {
  let [error, largest] = [0, 0];
  values.forEach((value, i) => {
    const [row, column] = [Math.floor(i / COLUMNS), i % COLUMNS];
    let expected = 0;
    for (let k = 0; k < DEPTH; k++) expected += a[row * DEPTH + k]! * b[k * COLUMNS + column]!;
    error = Math.max(error, Math.abs(value - expected));
    largest = Math.max(largest, Math.abs(expected));
  });
  return error / largest;
}

/** Numbers as small as late gradients are. */
function createMatrix(backend: GpuBackend, rows: number, columns: number, sample: number) {
  const random = createRandom({ seed: 1, epoch: 0, sample, purpose: 'check of matrix units' });
  const values = Float32Array.from({ length: rows * columns }, () => random.uniform(-1e-9, 1e-9));
  return { values, tensor: backend.makeTensorInfo([rows, columns], 'float32', values.slice()) };
}

async function multiply(backend: GpuBackend): Promise<number> {
  const [a, b] = [createMatrix(backend, ROWS, DEPTH, 0), createMatrix(backend, DEPTH, COLUMNS, 1)];
  const result = runProduct(backend, product, { a: a.tensor, b: b.tensor }, [ROWS, COLUMNS]);
  const values = (await backend.read(result.dataId)) as Float32Array;
  for (const { dataId } of [a.tensor, b.tensor, result]) backend.disposeData(dataId);
  return findError(values, a.values, b.values);
}

/** Uses the units on this backend, or warns why not. */
export async function startUnits(backend: GpuBackend, device: GpuDevice, units: MatrixUnits): Promise<void> {
  useUnits(backend, units);
  for (const filter of ['validation', 'internal'] as const) device.pushErrorScope(filter);
  const problems: string[] = [];
  try {
    const error = await multiply(backend);
    if (!(error <= TOLERANCE)) problems.push(`a product is wrong by ${error.toExponential(1)} of its largest number`);
  } catch (error) {
    problems.push(messageOf(error));
  }
  for (let i = 0; i < 2; i++) problems.unshift(...[await device.popErrorScope()].flatMap((error) => (error ? [error.message] : [])));
  if (problems.length === 0) return;
  useUnits(backend, undefined);
  process.emitWarning(`webgpu: the GPU's matrix units are left out: ${problems[0]!.split('\n')[0]}`);
}
