// Matrix units (tensor cores) as Dawn's experimental subgroup matrices: which ones an adapter has that products can use, and
// what shaders need to name them. Leaves out the shader of a product: see gemm/unit-shader.ts.

import type { GpuAdapter, GpuDevice } from './dawn.js';
import { DEPTH } from './gemm/plan.js';
import type { GpuBackend } from './program.js';

/** One multiplication of matrices of float16 into one of float32: [M, K] x [K, N]. */
export interface MatrixUnits {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly subgroupSize: number;
}

const VARIABLE = 'PRETEXT_MATRIX_UNITS';

export const UNIT_FEATURES = ['shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix'];

const DIRECTIVES = `
  enable f16;
  enable subgroups;
  enable chromium_experimental_subgroup_matrix;
  diagnostic(off, chromium.subgroup_matrix_uniformity);
`;

const unitsByBackend = new WeakMap<GpuBackend, MatrixUnits>();

/** What products on this backend run on; undefined where it is not to use any. */
export function unitsOf(backend: GpuBackend): MatrixUnits | undefined {
  return unitsByBackend.get(backend);
}

export function useUnits(backend: GpuBackend, units: MatrixUnits | undefined): void {
  if (units) unitsByBackend.set(backend, units);
  else unitsByBackend.delete(backend);
}

const isTileable = (extent: number): boolean => extent === 8 || extent === 16;

/** The largest units that divide the tiles; undefined where they are not asked for, where there are none, or where a subgroup's size is not known before it runs. */
export function findUnits({ features, info }: GpuAdapter): MatrixUnits | undefined {
  const { subgroupMinSize, subgroupMaxSize, subgroupMatrixConfigs = [] } = info;
  if (process.env[VARIABLE] !== '1') return undefined;
  if (!UNIT_FEATURES.every((feature) => features.has(feature)) || subgroupMinSize === undefined || subgroupMinSize !== subgroupMaxSize) return undefined;
  const [best] = [...subgroupMatrixConfigs]
    .filter(({ componentType, resultComponentType }) => componentType === 'f16' && resultComponentType === 'f32')
    .filter(({ M, N, K }) => isTileable(M) && isTileable(N) && DEPTH % K === 0)
    .sort((a, b) => b.M * b.N * b.K - a.M * a.N * a.K);
  return best && { M: best.M, N: best.N, K: best.K, subgroupSize: subgroupMinSize };
}

/** Lets shaders of this device name subgroup matrices: tfjs, which writes their beginning, knows no directives. */
export function enableDirectives(device: GpuDevice): void {
  const createShaderModule = device.createShaderModule.bind(device);
  device.createShaderModule = (descriptor) =>
    createShaderModule(descriptor.code.includes('subgroup_matrix') ? { ...descriptor, code: DIRECTIVES + descriptor.code } : descriptor);
}
