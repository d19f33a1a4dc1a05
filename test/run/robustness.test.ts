// What goes wrong at a user's: broken files, wrong addresses, full disks. On real processes, each bounded in time.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { locateFfmpeg } from '../../shared/datasets/ffmpeg.js';
import { EXIT } from '../../scripts/commands/exit-codes.js';
import { encodeVideo } from '../../scripts/tools/sample-videos/encode.js';
import { backends } from '../../worker/backends/index.js';
import { makeImages, makeVideos } from '../helpers/data.js';
import { findEncoder } from '../helpers/encoder.js';
import { PRETEXT, findFreePort, readReport, startPretext, startRun, temporaryFolder, untilStep } from '../helpers/processes.js';
import { findTestData, skipWithReason } from '../helpers/test-data.js';

const test = anyTest.serial as TestFn;

const FLAGS = [
  '--seed', '5', '--set', 'data.side=24', '--set', 'data.shortSide=28', '--set', 'data.fps=8', '--set', 'data.segmentS=2',
  '--set', 'batch.microbatches=4', '--set', 'batch.microbatchSize=4', '--set', 'checkpoint.everySteps=4', '--set', 'evaluate.maxItems=8',
];

let folder: string;
let images: string;

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pretext-odd-'));
  images = join(folder, 'images');
  await makeImages(images);
});

test.after.always(() => rm(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command to its end; one that has not ended in time fails the test. */
function pretext(t: ExecutionContext, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const child = spawn(process.execPath, [PRETEXT, ...args], {
    cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1', ...env }, timeout: 100_000, killSignal: 'SIGKILL',
  });
  t.teardown(() => child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
}

/** What stderr has beside records of the log. */
const wordsOf = ({ stderr }: Outcome): string[] => stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));

/** One sentence beginning with `error:`, what to do below it, no stack, no success. */
function expectSentence(t: ExecutionContext, outcome: Outcome, sentence: RegExp, code: number): void {
  const words = wordsOf(outcome);
  t.is(outcome.code, code, outcome.stderr);
  t.regex(words[0] ?? '', sentence);
  t.deepEqual(words.slice(1).filter((line) => !line.startsWith('  ')), []);
  t.notRegex(outcome.stderr, /\n\s+at |PRETEXT_DEBUG/);
}

/** Every file below a folder with its text. */
async function snapshot(of: string): Promise<Record<string, string>> {
  const names = (await readdir(of, { recursive: true })).sort();
  const files = await Promise.all(names.map(async (name) => ((await stat(join(of, name))).isFile() ? [[name, (await readFile(join(of, name))).toString('base64')]] : [])));
  return Object.fromEntries(files.flat()) as Record<string, string>;
}

async function expectWholeRun(t: ExecutionContext, outcome: Outcome, out: string): Promise<void> {
  t.is(outcome.code, 0, outcome.stderr);
  const { samples, rejectedFiles, quarantinedFiles } = await readReport(out);
  t.like(samples, { committed: samples.planned, duplicated: 0, missing: 0 });
  t.true(samples.quarantined > 0);
  const lines = (await readFile(join(out, 'quarantine.ndjson'), 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line) as { path: string; reason: string });
  const named = [...rejectedFiles, ...quarantinedFiles];
  const pathsOf = (files: readonly { path: string }[]): string[] => [...new Set(files.map(({ path }) => path))].sort();
  t.deepEqual(pathsOf(lines), pathsOf(named));
  for (const { path, reason } of [...lines, ...named]) t.true(reason.length > 3, path);
  t.is(quarantinedFiles.reduce((sum, file) => sum + file.samples, 0), samples.quarantined);
  t.is((await pretext(t, ['verify', out])).code, 0);
}

/** Files that are no good, or hardly, among good ones. */
async function makeOddVideos(data: string): Promise<void> {
  await makeVideos(data, 8);
  const ffmpeg = await locateFfmpeg();
  const odd = join(data, 'train', 'odd');
  await mkdir(odd, { recursive: true });
  const good = (await readdir(data, { recursive: true })).sort().find((name) => name.endsWith('000.mp4'))!;
  const bytes = await readFile(join(data, good));
  await writeFile(join(odd, 'truncated.mp4'), bytes.subarray(0, Math.floor(bytes.length * 0.6)));
  await writeFile(join(odd, 'head.mp4'), bytes.subarray(0, 200));
  await writeFile(join(odd, 'empty.mp4'), '');
  await writeFile(join(odd, 'text.mp4'), 'This is no video.\n');
  await copyFile(join(data, good), join(odd, 'name with \'quotes\' & ünïcode %03d.mp4'));
  await encodeVideo(join(odd, 'one-frame.mp4'), { frames: new Uint8Array(48 * 48 * 3).fill(90), side: 48, fps: 10 }, ffmpeg, await findEncoder());
  execFileSync(ffmpeg.ffmpeg, ['-v', 'error', '-f', 'lavfi', '-i', 'sine=duration=1', '-c:a', 'aac', '-strict', '-2', join(odd, 'audio.mp4')]);
}

test('a folder with broken videos is pretrained on to the end, and each broken one is named with its reason', async (t) => {
  t.timeout(110_000);
  const data = join(folder, 'videos');
  await makeOddVideos(data);
  const out = join(await temporaryFolder(t), 'run');
  const outcome = await pretext(t, ['run', '--data', data, '--out', out, '--steps', '4', '--workers', '2', ...FLAGS]);
  await expectWholeRun(t, outcome, out);
  const { rejectedFiles, quarantinedFiles } = await readReport(out);
  const nameOf = ({ path }: { path: string }): string => path.split('/').at(-1)!;
  const rejected = rejectedFiles.map(nameOf);
  for (const name of ['empty.mp4', 'text.mp4', 'head.mp4', 'audio.mp4']) t.true(rejected.includes(name), name);
  const bad = [...rejected, ...quarantinedFiles.map(nameOf)];
  t.true(bad.includes('one-frame.mp4'));
  t.false(bad.some((name) => name.startsWith('name with')));
});

for (const name of ['videos-odd', 'images-odd']) {
  test(`the files of ${name} are decoded or quarantined, and the run is whole`, async (t) => {
    t.timeout(240_000);
    const data = findTestData(name);
    if (data === undefined) return skipWithReason(t, `there is no ${name} beside the repository`);
    const out = join(await temporaryFolder(t), 'run');
    const outcome = await pretext(t, ['run', '--data', data, '--out', out, '--steps', '3', '--workers', '2', ...FLAGS, '--set', 'data.holdout=0', '--set', 'batch.microbatchSize=5']);
    await expectWholeRun(t, outcome, out);
  });
}

test('an empty folder and a missing one are one sentence each', async (t) => {
  const empty = join(folder, 'empty');
  await mkdir(empty);
  expectSentence(t, await pretext(t, ['run', '--data', empty]), /^error: The data folder ".*empty" has no video and no image/, EXIT.unfit);
  expectSentence(t, await pretext(t, ['run', '--data', join(folder, 'gone')]), /^error: The data folder ".*gone" cannot be read/, EXIT.unfit);
  t.deepEqual(await readdir(join(folder, 'runs')), []);
});

test('a worker says where nobody answers, and when what answers is no coordinator', async (t) => {
  const port = await findFreePort();
  expectSentence(t, await pretext(t, ['worker', '--join', `http://127.0.0.1:${port}`, '--wait', '0']), /^error: cannot reach a coordinator at http:.*: nothing listens there\./, EXIT.unreachable);
  const other = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
  t.teardown(() => other.close());
  await new Promise((resolve) => other.once('listening', resolve));
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  expectSentence(t, await pretext(t, ['worker', '--join', url]), /^error: http:.* answers 200: hello: it is no Pretext coordinator\./, EXIT.refused);
  expectSentence(t, await pretext(t, ['status', '--url', url]), /^error: http:.* answers with something else: it is no Pretext coordinator\./, EXIT.refused);
});

test('a wrong token, a port in use and a folder that is not there stop at once, and harm nothing', async (t) => {
  t.timeout(60_000);
  const run = await startRun(t, images, ['--steps', '1000', ...FLAGS, '--token', 'right']);
  const join_ = ['worker', '--join', run.url];
  expectSentence(t, await pretext(t, [...join_, '--token', 'wrong']), /^error: the coordinator at http:.* refuses the token\./, EXIT.refused);
  expectSentence(t, await pretext(t, [...join_, '--token', 'right', '--data', join(folder, 'gone')]), /^error: The data folder ".*gone" cannot be read\./, EXIT.unfit);

  const second = join(await temporaryFolder(t), 'second');
  const again = ['coordinator', '--data', images, '--out', second, '--listen', run.url.replace('http://', ''), ...FLAGS];
  expectSentence(t, await pretext(t, again), /^error: Port \d+ on 127\.0\.0\.1 is in use\./, EXIT.taken);
  // What did not begin is not in the way of the next try.
  expectSentence(t, await pretext(t, again), /^error: Port \d+ on 127\.0\.0\.1 is in use\./, EXIT.taken);
  expectSentence(t, await pretext(t, ['coordinator', '--data', images, '--out', run.out, '--listen', '127.0.0.1:0']), /^error: Another coordinator \(process \d+\) is at work/, EXIT.taken);
  t.is(run.coordinator.child.exitCode, null);
});

test('a typo in a recipe is named with its line and key', async (t) => {
  const recipe = join(folder, 'typo.yaml');
  await writeFile(recipe, `data:\n  root: ${images}\nbatch:\n  microbatchs: 4\n`);
  expectSentence(t, await pretext(t, ['run', recipe]), /^error: .*typo\.yaml:4: batch\.microbatchs: no such key; did you mean batch\.microbatches\?$/, EXIT.usage);
});

test('a folder that holds a run is not written over, and there is nothing to resume where there is none', async (t) => {
  t.timeout(60_000);
  const out = join(await temporaryFolder(t), 'run');
  t.is((await pretext(t, ['run', '--data', images, '--out', out, '--steps', '2', ...FLAGS])).code, 0);
  const before = await snapshot(out);
  expectSentence(t, await pretext(t, ['run', '--data', images, '--out', out, '--steps', '3', ...FLAGS]), /^error: ".*run" already holds a run\./, EXIT.taken);
  t.deepEqual(await snapshot(out), before);
  expectSentence(t, await pretext(t, ['run', '--out', join(folder, 'nothing'), '--resume']), /^error: ".*nothing" holds no run to resume\./, EXIT.unfit);
  expectSentence(t, await pretext(t, ['run', '--data', images, '--out', join(folder, 'nothing'), '--resume']), /^error: ".*nothing" holds no run to resume\./, EXIT.unfit);
});

/** A file system of a few megabytes; undefined where none may be mounted. */
function mountSmallDisk(t: ExecutionContext, path: string): string | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', path], { stdio: 'pipe' });
  } catch (error) {
    return (error as Error).message.trim();
  }
  t.teardown(() => void execFileSync('umount', ['-l', path]));
  return undefined;
}

/** Takes what is left of a disk. */
async function fillUp(path: string): Promise<void> {
  const block = Buffer.alloc(64 * 1024);
  await (async () => { for (;;) await appendFile(path, block); })().catch(() => {});
}

test('a full disk stops the run with one sentence, and with space again it ends as if nothing had been', async (t) => {
  t.timeout(120_000);
  const flags = ['--steps', '24', ...FLAGS, '--set', 'checkpoint.keep=1'];
  const undisturbed = await startRun(t, images, flags);
  undisturbed.startWorker('a');
  const { digest } = await undisturbed.finish();

  const disk = await temporaryFolder(t);
  const problem = mountSmallDisk(t, disk);
  if (problem !== undefined) return skipWithReason(t, `no small file system can be mounted here: ${problem}`);
  const out = join(disk, 'run');
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const listen = ['--out', out, '--listen', `127.0.0.1:${port}`];
  const worker = startPretext(t, ['worker', '--join', url, '--data', images]);
  const stopped = pretext(t, ['coordinator', '--data', images, ...listen, ...flags]);
  await untilStep(url, 6);
  await fillUp(join(disk, 'ballast'));
  expectSentence(t, await stopped, /^error: Cannot write ".*": the disk is full\.|^warning: log records are not written/, EXIT.machine);
  t.is(wordsOf(await stopped).filter((line) => line.startsWith('error:')).length, 1);
  t.is(await worker.exited, EXIT.refused);

  await rm(join(disk, 'ballast'));
  const resumed = pretext(t, ['coordinator', '--resume', ...listen]);
  startPretext(t, ['worker', '--join', url, '--data', images]);
  t.is((await resumed).code, 0, (await resumed).stderr);
  const report = await readReport(out);
  t.is(report.digest, digest);
  t.like(report.samples, { committed: report.samples.planned, duplicated: 0, missing: 0 });
});

test('a backend that is not here is named with what to do, before anything is written', async (t) => {
  const out = join(await temporaryFolder(t), 'run');
  for (const [backend, code, hint] of [['tensorflow', EXIT.machine, /npm install/], ['quantum', EXIT.usage, /auto/]] as const) {
    const { tensorflow } = backends;
    if (backend === 'tensorflow' && (await tensorflow.probe()).available) {
      t.log('SKIPPED: the tensorflow backend is installed here');
      continue;
    }
    const run = startPretext(t, ['run', '--data', out, '--out', out, '--backend', backend]);
    t.is(await run.exited, code);
    t.regex(run.output(), hint);
    t.false(existsSync(out));
  }
});
