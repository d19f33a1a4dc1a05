// What an op of the simd backend is; where it leaves a case, tfjs's JavaScript computes it.

import { definerOf, type OpOf } from '../op.js';
import type { SimdBackend } from './simd-backend.js';

export type Op = OpOf<SimdBackend>;

export const defineOp = definerOf<SimdBackend>();

export { isFloat, type OpResult } from '../op.js';
