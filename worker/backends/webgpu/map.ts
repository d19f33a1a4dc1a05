// Shaders that go through arrays element by element, once for all their results, with factors that may differ at every call: they
// are no part of the code, so that each shader is compiled once. tfjs's own shaders have one result.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import type { GpuBackend } from './program.js';

export interface MapShader {
  /** Names the shader; nothing else may change its code. */
  readonly key: string;
  /** All of one size; at most 8 together with the outputs. */
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly outputs: readonly string[];
  /** Rounded to float32; `factors.name` in the code. */
  readonly factors: Readonly<Record<string, number>>;
  /** WGSL that reads element `i` of the inputs and writes that of every output. */
  readonly code: string;
}

const THREADS = 64;
const MOST_WORKGROUPS = 65_535;

function writeShader({ inputs, outputs, factors, code }: MapShader): string {
  const [first, ...others] = outputs as [string, ...string[]];
  const names = [first, ...Object.keys(inputs), ...others];
  const access = (name: string): string => (outputs.includes(name) ? 'read_write' : 'read');
  // Before the factors are what tfjs hands to every shader: two numbers, and shape and stride of each flat array.
  return `
    struct Factors {
      NAN: f32, INFINITY: f32,
      ${names.map((_, n) => `size${n}: u32, stride${n}: u32,`).join(' ')}
      ${Object.keys(factors).map((name) => `${name}: f32,`).join(' ')}
    }
    ${names.map((name, n) => `@group(0) @binding(${n}) var<storage, ${access(name)}> ${name}: array<f32>;`).join('\n')}
    @group(0) @binding(${names.length}) var<uniform> factors: Factors;
    @compute @workgroup_size(${THREADS})
    fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
      for (var i = id.x; i < factors.size0; i += workgroups.x * ${THREADS}u) { ${code} }
    }`;
}

function compile(backend: GpuBackend, shader: MapShader): object {
  const module = backend.device.createShaderModule({ code: writeShader(shader) });
  return backend.device.createComputePipeline({ label: shader.key, layout: 'auto', compute: { module } });
}

/** The outputs, of the first input's shape. The caller owns them. */
export function runMap(backend: GpuBackend, shader: MapShader): TensorInfo[] {
  const inputs = Object.values(shader.inputs);
  const { shape } = inputs[0]!;
  const size = util.sizeFromShape(shape);
  const results = shader.outputs.map(() => backend.makeTensorInfo(shape, 'float32'));
  const [first, ...others] = results as [TensorInfo, ...TensorInfo[]];
  const flat = [first, ...inputs, ...others].map((tensor) => ({ ...tensor, shape: [size] }));
  for (const { dataId } of flat) backend.uploadToGPU(dataId);
  const pipeline = (backend.pipelineCache[shader.key] ??= compile(backend, shader));
  const factors = Object.values(shader.factors).map((factor) => ({ type: 'float32', data: [factor] }) as const);
  const numWorkgroups = Math.min(MOST_WORKGROUPS, Math.ceil(size / THREADS));
  const program = { constructor: { name: shader.key }, pipeline, dispatch: [numWorkgroups, 1, 1] } as const;
  backend.recordAndSubmit(program, flat[0]!, flat.slice(1), factors);
  return results;
}
