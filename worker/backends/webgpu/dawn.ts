// Dawn for Node, the `webgpu` package: what is used of it, and the adapters that it finds. The types are spelled out because the
// package is optional. Leaves out opening a device: see device.ts.

import { existsSync, readdirSync } from 'node:fs';

export interface GpuAdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  /** Of the driver: name and version. */
  readonly description: string;
  /** A processor that plays the GPU. */
  readonly isFallbackAdapter: boolean;
  /** Threads of a subgroup; absent where the adapter has no subgroups. */
  readonly subgroupMinSize?: number;
  readonly subgroupMaxSize?: number;
  readonly subgroupMatrixConfigs?: Iterable<{
    readonly componentType: string;
    readonly resultComponentType: string;
    readonly M: number;
    readonly N: number;
    readonly K: number;
  }>;
}

export interface GpuErrorEvent {
  readonly error: { readonly message: string };
  preventDefault(): void;
}

export interface GpuDevice {
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  createBuffer(descriptor: { readonly size: number }): object;
  createShaderModule(descriptor: { readonly code: string }): object;
  pushErrorScope(filter: 'validation' | 'internal'): void;
  popErrorScope(): Promise<{ readonly message: string } | null>;
  addEventListener(type: 'uncapturederror', listener: (event: GpuErrorEvent) => void): void;
  destroy(): void;
}

export interface GpuAdapter {
  readonly info: GpuAdapterInfo;
  readonly features: ReadonlySet<string>;
  readonly limits: Readonly<Record<string, number>>;
  requestDevice(descriptor: { requiredFeatures: readonly string[]; requiredLimits: Readonly<Record<string, number>> }): Promise<GpuDevice>;
}

export interface Gpu {
  requestAdapter(options: { readonly powerPreference: 'high-performance' }): Promise<GpuAdapter | null>;
}

export interface Dawn {
  /** Options such as `adapter=NAME` (the first adapter whose name holds NAME) and `enable-dawn-features=LIST`. */
  create(options: readonly string[]): Gpu;
  readonly globals: Readonly<Record<string, unknown>>;
}

/** An adapter that can be told from the others, which Dawn does by name alone. */
export interface FoundAdapter {
  readonly name: string;
  /** How many adapters have this name; only the first can be had. */
  readonly numNamesakes: number;
  readonly gpu: Gpu;
  readonly adapter: GpuAdapter;
}

/** Dawn shows what is experimental, matrix units among it, and NVIDIA's float16, which these need, only to those who ask for it. */
const EXPERIMENTAL = 'enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia';

/** In no adapter's name. Asked for it, Dawn answers with the names that there are. */
const NO_NAME = '\n';

/** Browsers round timestamps to 65 microseconds, more than many kernels take. */
const EXACT_TIMES = 'disable-dawn-features=timestamp_quantization';

/** Dawn handles events of an object from `create` a turn later, and crashes if it is gone by then: none is ever let go. */
const held: Gpu[] = [];

function createGpu(dawn: Dawn, options: readonly string[]): Gpu {
  const gpu = dawn.create(options);
  held.push(gpu);
  return gpu;
}

async function listNames(dawn: Dawn): Promise<string[]> {
  try {
    await createGpu(dawn, [`adapter=${NO_NAME}`]).requestAdapter({ powerPreference: 'high-performance' });
    return [];
  } catch (error) {
    return [...String(error).matchAll(/^ \* backend: '[^']*', name: '(.*)'$/gm)].map(([, name]) => name!);
  }
}

/** The adapters by name, in Dawn's order. One whose name is part of an earlier one's is left out: it cannot be asked for. */
export async function listAdapters(dawn: Dawn): Promise<FoundAdapter[]> {
  const names = await listNames(dawn);
  const found: FoundAdapter[] = [];
  for (const name of new Set(names)) {
    if (names.find((each) => each.includes(name)) !== name) continue;
    const gpu = createGpu(dawn, [`adapter=${name}`, EXPERIMENTAL, EXACT_TIMES]);
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter) found.push({ name, numNamesakes: names.filter((each) => each === name).length, gpu, adapter });
  }
  return found;
}

/** Whether a GPU may be here at all. Linux shows one as a file; asking Dawn where there is none prints warnings of drivers. */
export function mayHaveGpu(): boolean {
  if (process.platform !== 'linux') return true;
  const isGpu = (name: string): boolean => name === 'dri' || name === 'dxg' || /^nvidia\d+$/.test(name);
  return existsSync('/dev') && readdirSync('/dev').some(isGpu);
}
