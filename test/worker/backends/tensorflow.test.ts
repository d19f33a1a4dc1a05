import * as tf from '@tensorflow/tfjs-core';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import test from 'ava';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { createTensorflow, tensorflow } from '../../../worker/backends/tensorflow.js';
import { listVisibleGpus, restoreNullCheck } from '../../../worker/backends/tensorflow/environment.js';
import type { Machine } from '../../../worker/backends/tensorflow/machine.js';
import { createComputeClient } from '../../../worker/compute/compute-client.js';

const GPU = '@tensorflow/tfjs-node-gpu';
const CPU = '@tensorflow/tfjs-node';

/** A machine with these packages; importing one registers a stand-in under the name that the real one uses. */
function createMachine(packages: readonly string[], options: Partial<Machine> = {}, properties: object = {}): Machine & { readonly imported: string[] } {
  const imported: string[] = [];
  return {
    imported,
    findPackage: (name) => (packages.includes(name) ? `/packages/${name}` : undefined),
    hasBinding: () => true,
    listGpus: () => ['NVIDIA T4', 'NVIDIA L4', 'NVIDIA A10'],
    nameProcessor: () => 'AMD EPYC',
    importPackage: (name) => {
      imported.push(name);
      const backend = Object.assign(new MathBackendCPU(), { firstUse: false, binding: { TF_Version: '2.9.1' }, ...properties });
      tf.registerBackend('tensorflow', () => backend);
      return Promise.resolve({});
    },
    ...options,
  };
}

test.serial('without the package it is absent, with the command that installs it, and nothing is imported', async (t) => {
  const machine = createMachine([]);
  const result = await createTensorflow(machine).probe();
  t.false(result.available);
  t.regex(result.available ? '' : result.remedy, /npm install/);
  const error = await t.throwsAsync(createTensorflow(machine).start(), { instanceOf: PretextError });
  t.is(error.code, 'BACKEND_ABSENT');
  t.deepEqual(machine.imported, []);
});

test.serial('a package without its native part says how to build it', async (t) => {
  const result = await createTensorflow(createMachine([CPU], { hasBinding: () => false })).probe();
  t.regex(result.available ? '' : result.remedy, /npm run build:tensorflow/);
});

test.serial('the GPU package comes first, and the process sees one GPU only', async (t) => {
  t.teardown(() => delete process.env.CUDA_VISIBLE_DEVICES);
  process.env.CUDA_VISIBLE_DEVICES = '1,2';
  const machine = createMachine([GPU, CPU]);
  const backend = createTensorflow(machine);
  const result = await backend.probe();
  t.deepEqual(result.available && result.devices, [
    { index: 0, name: 'NVIDIA L4 through CUDA', kind: 'gpu' },
    { index: 1, name: 'NVIDIA A10 through CUDA', kind: 'gpu' },
  ]);
  const started = await backend.start({ device: 1 });
  t.deepEqual(machine.imported, [GPU]);
  t.is(process.env.CUDA_VISIBLE_DEVICES, '2');
  t.is(process.env.TF_FORCE_GPU_ALLOW_GROWTH, 'true');
  t.is(started.kind, 'tensorflow-gpu/2.9.1 (NVIDIA A10)');
  t.is(tf.getBackend(), 'tensorflow');
  await started.dispose();
});

test.serial('a device that is not there is refused before anything loads', async (t) => {
  t.teardown(() => delete process.env.CUDA_VISIBLE_DEVICES);
  const machine = createMachine([GPU]);
  const error = await t.throwsAsync(createTensorflow(machine).start({ device: 3 }), { instanceOf: PretextError });
  t.is(error.code, 'BAD_ARGUMENT');
  t.regex(error.message, /a device from 0 to 2, got 3/);
  process.env.CUDA_VISIBLE_DEVICES = '-1';
  await t.throwsAsync(createTensorflow(machine).start({ device: 1 }), { instanceOf: PretextError, code: 'BAD_ARGUMENT', message: /device 0, the only one, got 1/ });
  t.deepEqual(machine.imported, []);
});

test.serial('a binding that does not load is an error with its cause', async (t) => {
  const cause = new Error('libcudart.so.11.0: cannot open shared object file');
  const machine = createMachine([CPU], { importPackage: () => Promise.reject(cause) });
  const error = await t.throwsAsync(createTensorflow(machine).start(), { instanceOf: PretextError });
  t.regex(error.message, /libcudart/);
  t.is(error.cause, cause);
});

test.serial('a GPU that TensorFlow passes over is an error, not a slow run on the processor', async (t) => {
  t.teardown(() => delete process.env.CUDA_VISIBLE_DEVICES);
  const error = await t.throwsAsync(createTensorflow(createMachine([GPU], {}, { isUsingGpuDevice: false })).start(), { instanceOf: PretextError });
  t.is(error.code, 'BACKEND_ABSENT');
  t.regex(error.message, /CUDA/);
});

test.serial('GPUs that are hidden leave the processor, whose model and threads are part of the kind', async (t) => {
  t.teardown(() => delete process.env.CUDA_VISIBLE_DEVICES);
  process.env.CUDA_VISIBLE_DEVICES = '-1';
  const backend = createTensorflow(createMachine([GPU], {}, { isUsingGpuDevice: false }));
  const result = await backend.probe();
  t.deepEqual(result.available && result.devices.map(({ kind }) => kind), ['cpu']);
  const started = await backend.start({ threads: 2 });
  t.is(started.kind, 'tensorflow-cpu/2.9.1 (AMD EPYC, 2 threads)');
  t.is(process.env.TF_NUM_INTRAOP_THREADS, '2');
  await started.dispose();
});

test.serial('an operation for which there is no memory is an error to act on, and others stay as they are', async (t) => {
  const executor = {
    executeSingleOutput(name: string) {
      if (name === 'Conv2D') throw new Error('Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[64,3688,3688,3]');
      return name;
    },
    executeMultipleOutputs() { throw new Error('Invalid TF_Status: 3\nMessage: shapes do not match'); },
  };
  const started = await createTensorflow(createMachine([CPU], {}, executor)).start();
  const backend = tf.backend() as unknown as typeof executor;
  t.is<unknown, string>(backend.executeSingleOutput('Add'), 'Add');
  const error = t.throws(() => backend.executeSingleOutput('Conv2D'), { instanceOf: PretextError, code: 'DEVICE_FULL' });
  t.regex(error.message, /memory is full: OOM when allocating tensor with shape\[64,/);
  t.regex(error.hint ?? '', /smaller batch\.microbatchSize/);
  t.throws(() => backend.executeMultipleOutputs(), { message: /shapes do not match/, name: 'Error' });
  await started.dispose();
});

test.serial('what is visible ends at the first entry that is no device, as in CUDA', (t) => {
  t.teardown(() => delete process.env.CUDA_VISIBLE_DEVICES);
  t.deepEqual(listVisibleGpus(2), ['0', '1']);
  for (const [text, visible] of [['3, 1', ['3', '1']], ['0,-1,1', ['0']], ['', []], ['GPU-8f2a', ['GPU-8f2a']]] as const) {
    process.env.CUDA_VISIBLE_DEVICES = text;
    t.deepEqual(listVisibleGpus(2), [...visible]);
  }
});

test.serial('what it sets on the compute thread is set in the process, where the library reads it', async (t) => {
  const result = await tensorflow.probe();
  if (!result.available) {
    t.log(`SKIPPED: ${result.reason}. ${result.remedy}`);
    t.pass();
    return;
  }
  process.env.TF_NUM_INTRAOP_THREADS = '';
  const compute = createComputeClient();
  t.teardown(() => compute.dispose());
  const { result: started } = await compute.call('start', { backend: 'tensorflow' });
  t.is<string | undefined, string>(process.env.TF_NUM_INTRAOP_THREADS, '1');
  t.regex(started.kind, /^tensorflow-[cg]pu\/2\.\d+\.\d+ \(./);
});

test('the null check that newer Nodes lack is restored, and one that is there stays', (t) => {
  const lacking: { isNullOrUndefined?: (value: unknown) => boolean } = {};
  restoreNullCheck(lacking);
  t.deepEqual([null, undefined, 0, ''].map((value) => lacking.isNullOrUndefined?.(value)), [true, true, false, false]);
  const own = (): boolean => true;
  const having = { isNullOrUndefined: own };
  restoreNullCheck(having);
  t.is(having.isNullOrUndefined, own);
});
