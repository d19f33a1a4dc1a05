// What the GPU is asked for again and again is kept: the sizes that shaders are told, and the buffers that they are bound to. A step
// asks for the same hundreds of times, and asking takes longer than many a shader. Changes no number.

import type { BindGroupDescriptor, GpuBackend, UniformBinding } from './program.js';

/** Of each; a step of ResNet-50 has some thousand, and buffers take turns. */
const MOST_BIND_GROUPS = 16_384;
const MOST_UNIFORMS = 4096;

/** Numbers that tfjs tells every shader before its own. */
const NUM_CONSTANTS = 2;

/** Makes the backend keep uniforms, layouts and bind groups. `readInto` must be there. */
export function reuseBindings(backend: GpuBackend): void {
  const numberOf = createNumbering();
  reuseUniforms(backend);
  reuseLayouts(backend);
  reuseBindGroups(backend, numberOf);
  orderAfterReads(backend, numberOf);
}

/** Gives every object a number of its own. */
function createNumbering(): (object: object) => number {
  const numbers = new WeakMap<object, number>();
  let last = 0;
  return (object) => {
    let number = numbers.get(object);
    if (number === undefined) numbers.set(object, (number = last += 1));
    return number;
  };
}

/** Those that hold sizes alone: other numbers may be new at every call. */
function reuseUniforms(backend: GpuBackend): void {
  const make = backend.makeUniforms.bind(backend);
  const kept = new Map<string, UniformBinding>();
  backend.makeUniforms = (uniforms) => {
    if (uniforms.some(({ type }, i) => type === 'float32' && i >= NUM_CONSTANTS)) return make(uniforms);
    const key = uniforms.map(({ data }) => data.join()).join(';');
    const known = kept.get(key);
    if (known || kept.size === MOST_UNIFORMS) return known ?? make(uniforms);
    const made = make(uniforms);
    // Else its buffer would be filled with others once the commands of now are submitted.
    backend.uniformPendingDisposal.pop();
    kept.set(key, made);
    return made;
  };
}

/** Each pipeline is asked for its layout at every run. */
function reuseLayouts({ device }: GpuBackend): void {
  const create = device.createComputePipeline.bind(device);
  device.createComputePipeline = (descriptor) => {
    const pipeline = create(descriptor);
    const layout = pipeline.getBindGroupLayout(0);
    pipeline.getBindGroupLayout = () => layout;
    return pipeline;
  };
}

function reuseBindGroups({ device }: GpuBackend, numberOf: (object: object) => number): void {
  const create = device.createBindGroup.bind(device);
  const kept = new Map<string, object>();
  device.createBindGroup = (descriptor: BindGroupDescriptor) => {
    const key = [descriptor.layout, ...descriptor.entries.map(({ resource }) => resource.buffer)].map(numberOf).join();
    let group = kept.get(key);
    if (group) return group;
    if (kept.size === MOST_BIND_GROUPS) kept.clear();
    group = create(descriptor);
    kept.set(key, group);
    return group;
  };
}

/** Free buffers are taken from the end: in one order at the start, the same go to the same shaders each time. */
function orderAfterReads(backend: GpuBackend, numberOf: (object: object) => number): void {
  const { readInto, bufferManager } = backend;
  backend.readInto = async (downloads) => {
    await readInto(downloads);
    for (const buffers of bufferManager.freeBuffers.values()) buffers.sort((a, b) => numberOf(a) - numberOf(b));
  };
}
