// The part of tfjs's WebGPU backend that kernels of our own build on, and what such a kernel is. The types are spelled out
// because the package is optional: the project compiles without it.

import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { definerOf, type OpOf } from '../op.js';
import type { Download } from './download.js';

/** A compute shader as tfjs runs it: it declares the buffers by name and `result`, caches by key, and adds `fn main`'s caller. */
export interface Program {
  readonly shaderKey: string;
  /** Programs of tfjs are classes, by whose names profiles and Dawn's messages call them. */
  readonly constructor: { readonly name: string };
  readonly variableNames: readonly string[];
  /** Floats that one element of each buffer holds: 4 for vec4<f32>. */
  readonly variableComponents: readonly number[];
  readonly outputShape: readonly number[];
  readonly workgroupSize: readonly [number, number, number];
  readonly dispatchLayout: { readonly x: readonly number[]; readonly y?: readonly number[] };
  dispatch: readonly [number, number, number];
  getUserCode(): string;
}

/** A number that a shader is given beside its tensors. */
export interface Uniform {
  readonly type: 'float32';
  readonly data: readonly [number];
}

/** What tfjs keeps of a tensor: its numbers on this side until they are uploaded, then its buffer. */
interface TensorData {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  values?: ArrayLike<number> | null;
  resource?: object;
}

interface Pipeline {
  getBindGroupLayout(index: number): object;
}

/** A buffer that sizes and factors lie in. */
export interface UniformBinding {
  readonly buffer: object;
  readonly offset: number;
  readonly size: number;
}

export interface BindGroupDescriptor {
  readonly layout: object;
  /** All of each buffer. */
  readonly entries: readonly { readonly binding: number; readonly resource: { readonly buffer: object } }[];
}

/** A buffer whose bytes the processor can see for a while. */
export interface MappedBuffer {
  readonly size: number;
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
  unmap(): void;
}

/** What tfjs's WebGPUBackend offers kernels. */
export interface GpuBackend {
  readonly device: {
    createBuffer(descriptor: { readonly size: number; readonly usage: number; readonly mappedAtCreation: boolean }): MappedBuffer;
    createShaderModule(descriptor: { readonly code: string }): object;
    createComputePipeline(descriptor: { label: string; layout: 'auto'; compute: { readonly module: object } }): Pipeline;
    createBindGroup(descriptor: BindGroupDescriptor): object;
  };
  /** Compiled shaders by their keys. */
  readonly pipelineCache: Record<string, object>;
  readonly tensorMap: { get(dataId: object): TensorData };
  readonly queue: { writeBuffer(buffer: object, at: number, values: Float32Array | Int32Array): void };
  readonly bufferManager: {
    acquireBuffer(numBytes: number, usage: number): object;
    releaseBuffer(buffer: object): void;
    /** By size and usage. */
    readonly freeBuffers: ReadonlyMap<string, object[]>;
  };
  /** Buffers of uniforms that are free once the recorded commands are submitted. */
  readonly uniformPendingDisposal: object[];
  makeUniforms(uniforms: readonly { readonly type: string; readonly data: readonly number[] }[]): UniformBinding;
  readonly commandEncoder: { copyBufferToBuffer(...copy: [from: object, fromByte: number, to: object, toByte: number, numBytes: number]): void };
  /** Data that recorded commands use: what is disposed of them is freed once these are submitted. */
  readonly commandQueueOwnedIds: { add(dataId: object): void };
  runWebGPUProgram(...run: [program: Program, inputs: readonly TensorInfo[], type: DataType, uniforms: readonly never[], output?: TensorInfo]): TensorInfo;
  /** Records a compiled shader. Its bindings: `output`, the inputs, uniforms. */
  recordAndSubmit(
    program: Pick<Program, 'constructor' | 'dispatch'> & { readonly pipeline: object },
    output: TensorInfo, inputs: readonly TensorInfo[], uniforms: readonly Uniform[],
  ): void;
  /** Gives a tensor its buffer, where it has none yet. */
  uploadToGPU(dataId: object): void;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  makeTensorInfo(shape: readonly number[], type: DataType, values?: Float32Array): TensorInfo;
  disposeData(dataId: object): boolean;
  read(dataId: object): Promise<unknown>;
  /** Not tfjs's: see download.ts. */
  readInto(downloads: readonly Download[]): Promise<void>;
}

/** Where an op leaves a case, tfjs's own kernel computes it. */
export type Op = OpOf<GpuBackend>;

export const defineOp = definerOf<GpuBackend>();
export { isFloat } from '../op.js';

export interface Shader {
  /** Names the shader; all numbers that are written into its code are part of the name. */
  readonly key: string;
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly components?: readonly number[];
  readonly shape: readonly number[];
  /** Writes WGSL with `fn compute()`; of a shader with one thread an element, `fn compute(index: i32) -> f32`. Only where it is to be compiled. */
  readonly code: () => string;
}

export interface Grid {
  readonly workgroup: readonly [number, number, number];
  readonly workgroups: readonly [number, number, number];
}

/** tfjs hands in its uniforms always; a shader that never names them would have no place for them. */
const USE = '_ = uniforms.NAN;';

/** No rank that tensors have, so that tfjs does not derive coordinates of the output from the place in the grid. */
const NO_LAYOUT = { x: [], y: [0, 0, 0, 0, 0, 0, 0] };

/** The first word of a key says what the shader does; sizes follow. */
const nameShader = (key: string): { readonly name: string } => ({ name: key.split('_', 1)[0]! });

/** Runs a shader over a grid of workgroups; writes into `output` where one is given. The caller owns the result. */
export function runGrid(backend: GpuBackend, { key, inputs, components, shape, code }: Shader, grid: Grid, output?: TensorInfo): TensorInfo {
  const tensors = Object.values(inputs);
  const program: Program = {
    shaderKey: key,
    constructor: nameShader(key),
    variableNames: Object.keys(inputs),
    variableComponents: components ?? tensors.map(() => 1),
    outputShape: shape,
    workgroupSize: grid.workgroup,
    dispatchLayout: NO_LAYOUT,
    dispatch: grid.workgroups,
    getUserCode: () => `${code()}\nfn main() { ${USE} compute(); }`,
  };
  return backend.runWebGPUProgram(program, tensors, 'float32', [], output);
}

const THREADS = 64;

/** Runs a shader with one thread for each element of the result. The caller owns it. */
export function runElements(backend: GpuBackend, { key, inputs, components, shape, code }: Shader): TensorInfo {
  const tensors = Object.values(inputs);
  const size = shape.reduce((product, extent) => product * extent, 1);
  const program: Program = {
    shaderKey: `${key}_${size}`,
    constructor: nameShader(key),
    variableNames: Object.keys(inputs),
    variableComponents: components ?? tensors.map(() => 1),
    outputShape: shape,
    workgroupSize: [THREADS, 1, 1],
    dispatchLayout: { x: shape.map((_, d) => d) },
    dispatch: [Math.ceil(size / THREADS), 1, 1],
    getUserCode: () => `
      fn main(index: i32) {
        ${USE}
        if (index < ${size}) { result[index] = compute(index); }
      }
      ${code()}`,
  };
  return backend.runWebGPUProgram(program, tensors, 'float32', []);
}
