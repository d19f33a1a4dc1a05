// What webgpu says of machines, and that it computes: on a GPU played by the processor, in processes whose environment asks for it.

import test, { type ExecutionContext } from 'ava';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { createWebgpu, type Machine } from '../../../worker/backends/webgpu.js';
import { watchDevice } from '../../../worker/backends/webgpu/device.js';
import type { Dawn, GpuAdapter, GpuAdapterInfo, GpuDevice } from '../../../worker/backends/webgpu/dawn.js';
import { findUnits, UNIT_FEATURES } from '../../../worker/backends/webgpu/matrix-units.js';
import type { GpuBackend } from '../../../worker/backends/webgpu/program.js';
import { IS_LONG } from '../../helpers/long.js';
import { NO_SOFTWARE_GPU, runFixture, softwareGpuEnvironment } from '../../helpers/software-gpu.js';
import { skipWithReason } from '../../helpers/test-data.js';

/** Dawn as it answers on a machine with these adapters. */
function createDawn(names: readonly string[], isFallbackAdapter: boolean): Dawn {
  return {
    globals: {},
    create: ([option = '']) => ({
      requestAdapter: () => {
        const name = names.find((each) => each.includes(option.slice('adapter='.length)));
        const list = names.map((each) => `\n * backend: 'vulkan', name: '${each}'`).join('');
        if (name === undefined && names.length > 0) return Promise.reject(new Error(`no suitable backends found\nAvailable adapters:${list}`));
        const info = { vendor: '', architecture: '', description: '', isFallbackAdapter };
        return Promise.resolve(name === undefined ? null : { info, features: new Set<string>(), limits: {}, requestDevice: () => Promise.reject(new Error('no device')) });
      },
    }),
  };
}

function createMachine(names: readonly string[], options: Partial<Machine> & { readonly isSoftware?: boolean } = {}): Machine {
  return {
    hasPackage: () => true,
    mayHaveGpu: () => true,
    importDawn: () => Promise.resolve(createDawn(names, options.isSoftware ?? false)),
    importTfjs: () => Promise.reject(new Error('not in this test')),
    ...options,
  };
}

const absences: readonly (readonly [string, Machine, RegExp, RegExp])[] = [
  ['a package that is missing', createMachine([], { hasPackage: (name) => name !== 'webgpu' }), /webgpu is not installed/, /npm install webgpu/],
  ['a package that does not load', createMachine([], { importDawn: () => Promise.reject(new Error('GLIBC_2.99 not found')) }), /GLIBC/, /simd/],
  ['a machine without a GPU', createMachine([], { mayHaveGpu: () => false }), /no GPU/, /libvulkan1/],
  ['no adapter', createMachine([]), /no adapter/, /Vulkan driver/],
  ['a processor that plays a GPU', createMachine(['llvmpipe'], { isSoftware: true }), /llvmpipe is a processor/, /PRETEXT_WEBGPU_SOFTWARE=1/],
];

for (const [what, machine, reason, remedy] of absences) {
  test(`${what} is an absence with its reason and remedy`, async (t) => {
    const result = await createWebgpu(machine).probe();
    t.regex(result.available ? '' : result.reason, reason);
    t.regex(result.available ? '' : result.remedy, remedy);
    const error = await t.throwsAsync(createWebgpu(machine).start(), { instanceOf: PretextError });
    t.is(error.code, 'BACKEND_ABSENT');
  });
}

test('adapters are listed in order, once each where Dawn cannot tell them apart, and others are refused', async (t) => {
  const backend = createWebgpu(createMachine(['Radeon 780M', 'GeForce RTX 4090', 'GeForce RTX 4090', 'GeForce RTX']));
  const result = await backend.probe();
  t.true(result.available);
  const devices = result.available ? result.devices : [];
  t.deepEqual(devices.map(({ index, kind }) => [index, kind]), [[0, 'gpu'], [1, 'gpu']]);
  t.regex(devices[1]!.name, /^GeForce RTX 4090 \(the first of 2/);
  const error = await t.throwsAsync(backend.start({ device: 2 }), { instanceOf: PretextError });
  t.is(error.code, 'BAD_ARGUMENT');
  t.regex(error.hint ?? '', /NVIDIA_VISIBLE_DEVICES/);
});

type Report = Parameters<GpuDevice['addEventListener']>[1];

/** A watched device on which nothing works, and what makes it report an error. */
function watchBrokenDevice(): { readonly device: GpuDevice; readonly backend: GpuBackend; readonly report: (error: Error) => void } {
  let listener: Report | undefined;
  const device: GpuDevice = {
    lost: new Promise(() => undefined),
    createBuffer: () => { throw new RangeError('createBuffer failed'); },
    createShaderModule: () => ({}),
    pushErrorScope: () => undefined,
    popErrorScope: () => Promise.resolve(null),
    addEventListener: (_, given) => { listener = given; },
    destroy: () => undefined,
  };
  const backend = { read: () => Promise.resolve(1), readInto: () => Promise.resolve() } as unknown as GpuBackend;
  watchDevice(device, backend);
  return { device, backend, report: (error) => listener!({ error, preventDefault: () => undefined }) };
}

test('an error beside the calls makes every later read throw, and says whether memory was full', async (t) => {
  class GPUOutOfMemoryError extends Error {}
  const { device, backend, report } = watchBrokenDevice();
  t.is<unknown, number>(await backend.read({}), 1);
  await t.notThrowsAsync(backend.readInto([]));
  report(new GPUOutOfMemoryError('too much'));
  for (let i = 0; i < 2; i++) {
    for (const read of [() => backend.read({}), () => backend.readInto([])]) {
      const error = await t.throwsAsync<PretextError>(read, { instanceOf: PretextError });
      t.is(error.code, 'DEVICE_FULL');
      t.regex(error.hint ?? '', /microbatchSize/);
    }
  }
  t.throws(() => device.createBuffer({ size: 8 }), { instanceOf: PretextError, code: 'DEVICE_FULL' });
});

test('a buffer beyond the limits of the GPU is a lack of room, said in one line', async (t) => {
  for (const first of [
    'Buffer size (1207959552) exceeds the max buffer size limit (1073741824).',
    'Binding size (1207959552) of [Buffer (unlabeled)] is larger than the maximum storage buffer binding size (134217728).',
  ]) {
    const { backend, report } = watchBrokenDevice();
    report(new Error(`${first}\n - While calling [Device].CreateBuffer([BufferDescriptor]).\n`));
    await t.throwsAsync(backend.read({}), { instanceOf: PretextError, code: 'DEVICE_FULL', message: `webgpu: the GPU has no room: ${first}` });
  }
});

function createAdapter(info: Partial<GpuAdapterInfo>, features = UNIT_FEATURES): GpuAdapter {
  return {
    info: { vendor: '', architecture: '', description: '', isFallbackAdapter: false, subgroupMinSize: 32, subgroupMaxSize: 32, ...info },
    features: new Set(features),
    limits: {},
    requestDevice: () => Promise.reject(new Error('no device')),
  };
}

const config = (componentType: string, resultComponentType: string, [M, N, K]: [number, number, number]) => ({ componentType, resultComponentType, M, N, K });

test('the largest matrix units of float16 into float32 are taken where they are asked for', (t) => {
  process.env.PRETEXT_MATRIX_UNITS = '1';
  const subgroupMatrixConfigs = [
    config('f16', 'f32', [16, 8, 8]), config('f16', 'f32', [16, 16, 16]), config('f16', 'f32', [16, 8, 16]),
    config('f16', 'f16', [16, 16, 16]), config('i8', 'i32', [16, 16, 32]), config('f16', 'f32', [64, 64, 16]), config('f16', 'f32', [16, 16, 32]),
  ];
  t.deepEqual(findUnits(createAdapter({ subgroupMatrixConfigs })), { M: 16, N: 16, K: 16, subgroupSize: 32 });
  t.is(findUnits(createAdapter({ subgroupMatrixConfigs: [config('f16', 'f16', [16, 16, 16])] })), undefined);
  t.is(findUnits(createAdapter({})), undefined);
  t.is(findUnits(createAdapter({ subgroupMatrixConfigs, subgroupMaxSize: 64 })), undefined, 'a size that is not known');
  for (const feature of UNIT_FEATURES) {
    t.is(findUnits(createAdapter({ subgroupMatrixConfigs }, UNIT_FEATURES.filter((each) => each !== feature))), undefined, feature);
  }
  delete process.env.PRETEXT_MATRIX_UNITS;
  t.is(findUnits(createAdapter({ subgroupMatrixConfigs })), undefined);
});

/** The lines of JSON that a fixture prints; undefined, with a visible skip, where there is no driver in software. */
async function runInSoftware<Line>(t: ExecutionContext, fixture: string, args: readonly string[] = []): Promise<Line[] | undefined> {
  t.timeout(600_000);
  const environment = softwareGpuEnvironment();
  if (environment === undefined) return void skipWithReason(t, NO_SOFTWARE_GPU);
  return (await runFixture(fixture, environment, args)).map((line) => JSON.parse(line) as Line);
}

test.serial('kernels conform', async (t) => {
  if (!IS_LONG) return skipWithReason(t, 'a GPU in software takes a minute, most of it for shaders: npm run test:long');
  const lines = await runInSoftware<Partial<{ readonly kind: string; readonly title: string; readonly problems: readonly string[] }>>(t, 'webgpu-cases');
  if (!lines) return;
  const [{ kind = '' } = {}, ...results] = lines;
  t.log(`${results.length} cases on ${kind}`);
  if (!kind.includes('matrix units')) t.log('products on matrix units are not among them: this driver has none, or PRETEXT_MATRIX_UNITS=1 does not ask for them; see docs/performance.md');
  t.true(results.length > 120);
  t.deepEqual(results.filter(({ problems }) => problems?.length !== 0), []);
});

test.serial('a second start outlives the first, numbers that are not finite stay so and are found, shared memory goes up whole, and matrix units that fail are left out with a warning', async (t) => {
  const [line] = (await runInSoftware<Record<string, unknown>>(t, 'webgpu-units')) ?? [];
  if (!line) return;
  t.log(line.kind);
  t.like(line, { isNotFiniteSeen: true, isNotFiniteSaid: true, doesSharedMemoryReturn: true, areUnitsLeftOut: true });
  t.deepEqual((line.productAfter as number[]).slice(0, 10), [6, 6, 6, 6, 6, 5, 5, 5, 5, 5]);
  t.regex((line.warnings as string[]).join('\n'), /matrix units are left out: /);
});

test.serial('a lost device is an error to act on', async (t) => {
  const [lost] = (await runInSoftware<Partial<Record<string, string>>>(t, 'webgpu-training', ['--lost'])) ?? [];
  if (!lost) return;
  t.is(lost.code, 'DEVICE_LOST');
  t.regex(lost.hint ?? '', /Start the worker again/);
});

test.serial('models train as on simd with one read a gradient, and repeat bit by bit', async (t) => {
  if (!IS_LONG) return skipWithReason(t, 'three models take minutes on a GPU in software, most of it for shaders: npm run test:long');
  const lines = await runInSoftware<Record<string, unknown>>(t, 'webgpu-training');
  if (!lines) return;
  t.is(lines.length, 3);
  for (const line of lines) {
    t.log(JSON.stringify(line));
    t.like(line, { isSameAgain: true, readsPerGradient: 1, numLeftTensors: 0 });
    for (const error of ['gradientError', 'lossError']) t.true((line[error] as number) < 1e-5, error);
    // Adam divides by the gradient's size, so that an error of a tiny gradient counts as one of a large one.
    t.true((line.stateError as number) < 1e-4);
  }
});

test.serial('an update is one upload of the average and its weight, a dispatch for each array and no read; nothing grows', async (t) => {
  const lines = await runInSoftware<Record<string, number | Record<string, number>>>(t, 'webgpu-update');
  if (!lines) return;
  t.log(JSON.stringify(lines[0]));
  const { numEntries, perUpdate, perSave, keptAtFirst, keptAtLast, stateMove, stateError } = lines[0]!;
  t.deepEqual(perUpdate, { dispatches: (numEntries as number) + 1, uploads: 2, reads: 0, newBuffers: 0 });
  t.deepEqual(perSave, { dispatches: 0, uploads: 0, reads: 1, newBuffers: 0 });
  t.deepEqual(keptAtLast, keptAtFirst);
  t.true((stateMove as number) > 0.1);
  t.true((stateError as number) < 1e-6);
});
