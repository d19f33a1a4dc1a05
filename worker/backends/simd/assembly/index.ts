// The kernels of the simd backend, one module. JavaScript allocates, chooses shapes and calls; here is only arithmetic.

export * from './gemm';
export { roundingOfSquare } from './tile';
export * from './depthwise';
export * from './elementwise';
export * from './movement';
export * from './normalise';
export * from './optimizer';
export * from './pool';
export { sum, reduceMax, reduceMin, argMax, argMin, softmax, logSoftmax } from './reduce';
export * from './resize';
export * from './winograd';
export { setScratch } from './scratch';
export { SLOTS_DIGEST } from './slots';

/** First byte behind the module's own constants. */
export function heapBase(): usize {
  return __heap_base;
}
