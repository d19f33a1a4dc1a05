// What a worker cannot go on with, in real worker processes: a device that is lost or full, a driver or data that are not there. One
// clear error, the worker leaves the run, others do its work.

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { EXIT } from '../../scripts/commands/exit-codes.js';
import { makeImages } from '../helpers/data.js';
import { fetchStatus, readReport, startPretext, startRun, temporaryFolder, until, untilStep, type Process, type TestRun } from '../helpers/processes.js';
import { NO_SOFTWARE_GPU, softwareGpuEnvironment } from '../helpers/software-gpu.js';
import { skipWithReason } from '../helpers/test-data.js';

const test = anyTest.serial as TestFn;

const SMALL = [
  '--task', 'rotation', '--seed', '11', '--set', 'data.side=12', '--set', 'data.shortSide=16', '--set', 'model.options.width=4',
  '--set', 'model.options.stages=1', '--set', 'batch.microbatches=4', '--set', 'batch.microbatchSize=2',
];
/** The first layer's output of a microbatch has 4.2 GiB: more than simd's memory can have, and than a buffer of most GPUs. */
const LARGE = [
  '--task', 'rotation', '--steps', '5', '--set', 'data.side=368', '--set', 'data.shortSide=368', '--set', 'model.options.width=512',
  '--set', 'model.options.stages=1', '--set', 'model.options.stemStride=1', '--set', 'batch.microbatches=2', '--set', 'batch.microbatchSize=16',
];
/** A worker is called late after this; what comes sooner did not wait for it. */
const LATE_MS = 3000;

const LOSE_GPU = pathToFileURL(join(import.meta.dirname, '../fixtures/lose-gpu.js')).href;

interface Setting {
  readonly data: string;
  /** Where the worker keeps its temporary files, and it alone. */
  readonly temporary: string;
  /** Takes the device of a worker on webgpu away. */
  loseGpu(): Promise<void>;
  /** A worker whose GPU is played by the processor; its data come from the coordinator. */
  startGpuWorker(run: TestRun, ...flags: string[]): Process;
}

async function set(t: ExecutionContext, gpu: Readonly<Record<string, string>> = {}): Promise<Setting> {
  const folder = await temporaryFolder(t);
  const [data, temporary, trigger] = ['data', 'temporary', 'lost'].map((name) => join(folder, name)) as [string, string, string];
  await makeImages(data);
  await mkdir(temporary);
  const environment = {
    ...gpu, TMPDIR: temporary, NODE_OPTIONS: `--import=${LOSE_GPU}`, PRETEXT_TEST_LOSE_GPU: trigger,
    // Else a layer of Mesa's prints errors of its own where there is no desktop.
    NODEVICE_SELECT: '1',
  };
  return {
    data, temporary,
    loseGpu: () => writeFile(trigger, ''),
    startGpuWorker: (run, ...flags) => startPretext(t, ['worker', '--join', run.url, '--name', 'gpu', '--backend', 'webgpu', ...flags], environment),
  };
}

/** What was printed beside records of the log and Dawn's warnings. */
const wordsOf = ({ output }: Process): string[] => output().split('\n').filter((line) => line !== '' && !/^(\{"level"|Warning: | {4}at .*\/dawn\/native\/)/.test(line));

/** It ended with one sentence and what to do, and left nothing behind. */
async function expectEnd(t: ExecutionContext, { temporary }: Setting, worker: Process, sentence: RegExp, hint: RegExp): Promise<void> {
  t.is(await worker.exited, EXIT.machine, worker.output());
  const words = wordsOf(worker);
  t.is(words.length, 2, worker.output());
  t.regex(words[0]!, sentence);
  t.regex(words[1]!, hint);
  t.deepEqual(await readdir(temporary), []);
}

interface LogRecord {
  readonly msg: string;
  readonly worker?: string;
  readonly code?: string;
  readonly hint?: string;
  readonly step?: number;
}

const recordsOf = ({ output }: Process): LogRecord[] =>
  output().split('\n').filter((line) => line.startsWith('{"level"') && line.endsWith('}')).map((line) => JSON.parse(line) as LogRecord);

const failuresOf = (run: TestRun): LogRecord[] => recordsOf(run.coordinator).filter(({ msg }) => msg === 'worker failed');

async function expectWhole(t: ExecutionContext, run: TestRun): Promise<void> {
  const { samples } = await run.finish();
  t.like(samples, { committed: samples.planned, duplicated: 0, missing: 0 });
  t.is(await startPretext(t, ['verify', run.out]).exited, 0);
}

const samplesOf = async (run: TestRun, id: string): Promise<number> => (await fetchStatus(run.url))?.workers.find((worker) => worker.id === id)?.samples ?? 0;

test('a device lost in the middle of a step ends its worker with one error, and the other does the work at once', async (t) => {
  t.timeout(300_000);
  const environment = softwareGpuEnvironment();
  if (environment === undefined) return skipWithReason(t, NO_SOFTWARE_GPU);
  const setting = await set(t, environment);
  const run = await startRun(t, setting.data, [...SMALL, '--steps', '400']);
  const gpu = setting.startGpuWorker(run);
  await untilStep(run.url, 2);
  run.startWorker('other', '--backend', 'simd');
  await until('both take part', async () => (await samplesOf(run, 'other')) > 0 || undefined);
  t.true((await samplesOf(run, 'gpu')) > 0);
  await setting.loseGpu();
  const failure = await until('the coordinator hears of it', () => failuresOf(run)[0]);
  const heardMs = performance.now();
  await untilStep(run.url, failure.step!);
  const tookMs = performance.now() - heardMs;
  t.log(`the step went on to its end ${Math.round(tookMs)} ms after the failure`);
  t.true(tookMs < LATE_MS);
  await expectEnd(t, setting, gpu, /^error: webgpu: the GPU failed: device lost: /, /^ {2}Start the worker again/);
  await expectWhole(t, run);
  t.like(failure, { worker: 'gpu', code: 'DEVICE_LOST' });
  t.is(failuresOf(run).length, 1);
  const records = recordsOf(run.coordinator);
  const after = records.slice(records.findIndex(({ msg }) => msg === 'worker failed'));
  t.false(after.some(({ msg }) => msg.startsWith('worker is late')));
  t.deepEqual((await readReport(run.out)).workers.map(({ id }) => id).sort(), ['gpu', 'other']);
});

test('when the only device is lost the run says so and waits, and whoever joins goes on with it', async (t) => {
  t.timeout(300_000);
  const environment = softwareGpuEnvironment();
  if (environment === undefined) return skipWithReason(t, NO_SOFTWARE_GPU);
  const setting = await set(t, environment);
  const run = await startRun(t, setting.data, [...SMALL, '--steps', '60', '--set', 'checkpoint.everySteps=2']);
  const gpu = setting.startGpuWorker(run, '--json');
  await untilStep(run.url, 3);
  await setting.loseGpu();
  t.is(await gpu.exited, EXIT.machine, gpu.output());
  const words = wordsOf(gpu);
  t.is(words.length, 1, gpu.output());
  t.like(JSON.parse(words[0]!), { error: { code: 'DEVICE_LOST' } });
  const status = await until('the run waits', async () => {
    const now = await fetchStatus(run.url);
    return now?.state === 'waiting' ? now : undefined;
  });
  t.regex(status.waiting!, /^no worker is connected; gpu failed: webgpu: the GPU failed: device lost: .* \(Start the worker again/);
  run.startWorker('late', '--backend', 'simd');
  await expectWhole(t, run);
  t.is(failuresOf(run)[0]?.code, 'DEVICE_LOST');
});

test('what a GPU has no room for ends its worker with one error, and the run says what to change', async (t) => {
  t.timeout(300_000);
  const environment = softwareGpuEnvironment();
  if (environment === undefined) return skipWithReason(t, NO_SOFTWARE_GPU);
  const setting = await set(t, environment);
  const run = await startRun(t, setting.data, LARGE);
  await expectEnd(t, setting, setting.startGpuWorker(run), /^error: webgpu: the GPU has no room: /, /^ {2}Use a smaller batch\.microbatchSize/);
  t.like(failuresOf(run), [{ worker: 'gpu', code: 'DEVICE_FULL' }]);
  t.regex(failuresOf(run)[0]!.hint!, /microbatchSize/);
  t.regex((await fetchStatus(run.url))!.waiting!, /gpu failed: webgpu: the GPU has no room: .*microbatchSize/);
});

test('a recipe too large for simd ends `pretext run` with the error of its workers, not in a wait for others', async (t) => {
  t.timeout(120_000);
  const folder = await temporaryFolder(t);
  const data = join(folder, 'data');
  await makeImages(data);
  const out = join(folder, 'run');
  const run = startPretext(t, ['run', '--data', data, '--out', out, '--backend', 'simd', '--workers', '2', ...LARGE]);
  t.is(await run.exited, EXIT.machine);
  const words = wordsOf(run);
  t.is(words.length, 2, run.output());
  t.regex(words[0]!, /^error: No worker is left, the last one failed: simd: out of memory: /);
  t.regex(words[1]!, /^ {2}Use a smaller batch\.microbatchSize/);
  t.is(recordsOf(run).filter(({ msg, code }) => msg === 'worker process ended, none is started in its place' && code === 'DEVICE_FULL').length, 2);
  const log = await readFile(join(out, 'logs', 'coordinator.ndjson'), 'utf8');
  t.is(log.split('\n').filter((line) => line.includes('"worker failed"') && line.includes('"DEVICE_FULL"')).length, 2);
});

test('a worker that cannot read the data says so to the run before it takes part', async (t) => {
  const folder = await temporaryFolder(t);
  const data = join(folder, 'data');
  await makeImages(data);
  const run = await startRun(t, data, [...SMALL, '--steps', '3']);
  const lost = startPretext(t, ['worker', '--join', run.url, '--name', 'lost', '--data', join(folder, 'nowhere')]);
  t.is(await lost.exited, EXIT.unfit, lost.output());
  t.like(failuresOf(run), [{ worker: 'lost' }]);
  t.regex((await fetchStatus(run.url))!.waiting!, /^no worker is connected; lost failed: .*nowhere/);
  run.startWorker('other', '--backend', 'simd');
  await expectWhole(t, run);
});

/** A file that is found first when Vulkan's loader is looked for, and is none. */
async function hideLoader(t: ExecutionContext): Promise<string> {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'libvulkan.so.1'), Buffer.alloc(4096));
  return folder;
}

const ABSENCES: readonly (readonly [string, (t: ExecutionContext) => Promise<Record<string, string>>])[] = [
  ['a driver', () => Promise.resolve({ VK_ICD_FILENAMES: '/nonexistent', VK_DRIVER_FILES: '/nonexistent' })],
  ['Vulkan\'s loader', async (t) => ({ LD_LIBRARY_PATH: await hideLoader(t) })],
];

for (const [what, createEnvironment] of ABSENCES) {
  test(`without ${what} a worker on webgpu says what to install, and the run never hears of it`, async (t) => {
    t.timeout(120_000);
    if (process.platform !== 'linux') return skipWithReason(t, 'Vulkan is what WebGPU needs on Linux');
    const setting = await set(t, { ...(await createEnvironment(t)), PRETEXT_WEBGPU_SOFTWARE: '1' });
    const run = await startRun(t, setting.data, [...SMALL, '--steps', '3']);
    await expectEnd(t, setting, setting.startGpuWorker(run), /^error: backend 'webgpu' cannot run here: no adapter was found/, /^ {2}Install the GPU's Vulkan driver/);
    t.deepEqual(recordsOf(run.coordinator).filter(({ worker }) => worker !== undefined), []);
    run.startWorker('other', '--backend', 'simd');
    await expectWhole(t, run);
  });
}
