// Data that change under a run, and machines that fail over a file: what a run learns from is what it listed, or it says so.

import { spawn } from 'node:child_process';
import { chmod, cp, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { EXIT } from '../../scripts/commands/exit-codes.js';
import { locateFfmpeg } from '../../shared/datasets/ffmpeg.js';
import { makeImages, makeVideos } from '../helpers/data.js';
import { PRETEXT, startPretext, startRun, temporaryFolder, untilStep } from '../helpers/processes.js';
import { writeFiles } from '../helpers/temp-folder.js';
import { skipWithReason } from '../helpers/test-data.js';

const test = anyTest.serial as TestFn;

const FLAGS = [
  '--seed', '5', '--set', 'data.side=24', '--set', 'data.shortSide=28', '--set', 'data.fps=8', '--set', 'data.holdout=0',
  '--set', 'batch.microbatches=2', '--set', 'batch.microbatchSize=4', '--set', 'checkpoint.everySteps=2',
];

let images: string;

test.before(async () => {
  images = await mkdtemp(join(tmpdir(), 'pretext-changed-'));
  await makeImages(images, 8);
});

test.after.always(() => rm(images, { recursive: true, force: true }));

async function copyImages(t: ExecutionContext): Promise<string> {
  const copy = join(await temporaryFolder(t), 'data');
  await cp(images, copy, { recursive: true, preserveTimestamps: true });
  return copy;
}

/** Another file of the same name, size and time. */
async function replace(path: string): Promise<void> {
  const { size, atime, mtime } = await stat(path);
  const bytes = await readFile(path);
  bytes[size - 20]! ^= 1;
  await writeFile(path, bytes);
  await utimes(path, atime, mtime);
}

test('a file that changes between listing and reading is quarantined by name, even with its size and time kept', async (t) => {
  t.timeout(90_000);
  const data = await copyImages(t);
  const run = await startRun(t, data, [...FLAGS, '--steps', '2']);
  await replace(join(data, '003.png'));
  run.startWorker('a');
  const { quarantinedFiles } = await run.finish();
  t.deepEqual(quarantinedFiles.map(({ path, code, samples }) => [path, code, samples]), [['003.png', 'DATA_CHANGED', 2]]);
});

test('a run does not go on over a file that holds something else', async (t) => {
  t.timeout(90_000);
  const data = await copyImages(t);
  const run = await startRun(t, data, [...FLAGS, '--steps', '400']);
  run.startWorker('a');
  await untilStep(run.url, 2);
  run.coordinator.child.kill('SIGTERM');
  await run.coordinator.exited;
  await rename(join(data, '003.png'), join(data, 'kept'));
  await writeFile(join(data, '003.png'), 'another file');
  const refused = run.resume();
  t.is(await refused.exited, EXIT.unfit);
  t.regex(refused.output(), /error: 1 files of .* are not what they were when the run began: "003\.png"\./);
  await rename(join(data, 'kept'), join(data, '003.png'));
  const resumed = run.resume();
  await untilStep(run.url, 4);
  resumed.child.kill('SIGTERM');
});

test('a worker\'s copy of equal names and sizes with other contents is not used', async (t) => {
  t.timeout(90_000);
  const flags = [...FLAGS, '--steps', '4'];
  const plain = await startRun(t, images, flags);
  plain.startWorker('a');
  const { digest } = await plain.finish();
  const copy = await copyImages(t);
  for (const name of await readdir(copy)) await replace(join(copy, name));
  const run = await startRun(t, images, flags);
  startPretext(t, ['worker', '--join', run.url, '--data', copy]);
  const report = await run.finish();
  t.is(report.digest, digest);
  t.is(report.samples.quarantined, 0);
});

test('a worker that may not read its folder reads from the coordinator, and costs no sample', async (t) => {
  t.timeout(90_000);
  if (process.getuid?.() !== 0) return skipWithReason(t, 'only root can start a worker as somebody else');
  const data = await copyImages(t);
  for (const name of await readdir(data)) await chmod(join(data, name), 0o600);
  await chmod(join(data, '..'), 0o755);
  const run = await startRun(t, data, [...FLAGS, '--steps', '2']);
  const worker = spawn(process.execPath, [PRETEXT, 'worker', '--join', run.url, '--data', data], { uid: 65534, gid: 65534, stdio: 'pipe', env: { ...process.env, HOME: '/' } });
  t.teardown(() => worker.kill('SIGKILL'));
  let output = '';
  worker.stderr.on('data', (chunk: Buffer) => { output += chunk.toString(); });
  const code = await new Promise<number | null>((resolve) => worker.once('close', resolve));
  if (/EACCES.*pretext\.js|Cannot find module/.test(output)) return skipWithReason(t, `nobody else can read the program here: ${output.slice(0, 200)}`);
  t.is(code, 0, output);
  t.is((await run.finish()).samples.quarantined, 0);
});

test('an ffmpeg that the system kills now and then costs no sample: the bits are the same', async (t) => {
  t.timeout(120_000);
  const data = await temporaryFolder(t);
  await makeVideos(data, 6);
  const { ffmpeg, ffprobe } = await locateFfmpeg();
  const tools = await temporaryFolder(t);
  // The first two starts are killed before they have done anything.
  await writeFiles(tools, { count: '', ffmpeg: `#!/bin/sh\ncase "$*" in *-version*) exec "${ffmpeg}" "$@";; esac\necho x >> "${tools}/count"\n[ $(wc -l < "${tools}/count") -le 2 ] && kill -KILL $$\nexec "${ffmpeg}" "$@"\n` });
  await chmod(join(tools, 'ffmpeg'), 0o755);
  const flags = [...FLAGS, '--steps', '3', '--task', 'rotation', '--set', 'data.segmentS=2'];
  const plain = await startRun(t, data, flags);
  plain.startWorker('a');
  const { digest, samples } = await plain.finish();
  const run = await startRun(t, data, flags);
  const worker = startPretext(t, ['worker', '--join', run.url, '--data', data], { FFMPEG_PATH: join(tools, 'ffmpeg'), FFPROBE_PATH: ffprobe });
  const report = await run.finish();
  t.is(report.digest, digest, worker.output());
  // One of the videos is broken.
  t.is(report.samples.quarantined, samples.quarantined);
  t.true((await readFile(join(tools, 'count'), 'utf8')).length > 6);
});
