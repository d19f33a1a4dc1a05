// Files that are no good: each is named with its reason and costs itself alone; a run that none of them serves ends with an error.

import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { EXIT } from '../../scripts/commands/exit-codes.js';
import { makeImages } from '../helpers/data.js';
import { makeNumberedVideo } from '../helpers/numbered-video.js';
import { readReport, startPretext, startRun, temporaryFolder } from '../helpers/processes.js';

const test = anyTest.serial as TestFn;

const FLAGS = [
  '--steps', '4', '--set', 'data.side=24', '--set', 'data.shortSide=28', '--set', 'batch.microbatches=2', '--set', 'batch.microbatchSize=4',
  '--set', 'data.holdout=0',
];

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly out: string;
}

async function runOn(t: ExecutionContext, data: string, flags: readonly string[] = []): Promise<Ended> {
  const out = join(await temporaryFolder(t), 'run');
  const command = startPretext(t, ['run', '--data', data, '--out', out, ...FLAGS, ...flags]);
  return { code: await command.exited, output: command.output(), out };
}

/** Pictures whose files break off: their heads are whole, so that only decoding finds out. */
async function makeCutImages(folder: string, numImages: number): Promise<void> {
  await makeImages(folder, numImages);
  for (const name of await readdir(folder)) {
    const bytes = await readFile(join(folder, name));
    await writeFile(join(folder, name), bytes.subarray(0, Math.floor(bytes.length * 0.6)));
  }
}

test('pictures that all break off end the run after the first epoch, with the reasons and not with 0', async (t) => {
  t.timeout(90_000);
  const data = await temporaryFolder(t);
  await makeCutImages(data, 16);
  const { code, output } = await runOn(t, data);
  t.is(code, EXIT.unfit, output);
  t.regex(output, /error: None of the last 16 samples could be used\.\n\s+16 DECODE_FAILED: "000\.png": The picture cannot be read: .+ \(and 15 more files\)\n/);
  t.notRegex(output, /digest {2}/);
});

test('videos of three frames end a run of frame-order with the reason', async (t) => {
  t.timeout(90_000);
  const data = await temporaryFolder(t);
  for (let k = 0; k < 3; k++) await makeNumberedVideo(join(data, `${k}.mp4`), { numFrames: 3, fps: 10 });
  const { code, output } = await runOn(t, data);
  t.is(code, EXIT.unfit, output);
  t.regex(output, /error: None of the last 8 samples could be used\.\n\s+8 NO_PUZZLE: "0\.mp4": no frame-order puzzle can be made of it/);
});

test('one good picture among twenty gives a loss of its own samples, and the terminal names why the others did not', async (t) => {
  t.timeout(90_000);
  const data = await temporaryFolder(t);
  await makeCutImages(data, 20);
  await makeImages(join(data, 'whole'), 1);
  const { code, output, out } = await runOn(t, data, ['--steps', '6']);
  t.is(code, 0, output);
  t.regex(output, /quarantined 4[56]\n\s+4[56] DECODE_FAILED: "000\.png": The picture cannot be read/);
  t.regex(output, /sample cannot be used/);
  const { loss, samples, quarantinedFiles } = await readReport(out);
  t.is(quarantinedFiles.length, 20);
  // A rotation is one of four: an untrained network's loss is near ln 4, not near 0.
  t.true(loss.first! > 1 && loss.last! > 0.8, JSON.stringify(loss));
  const metrics = (await readFile(join(out, 'metrics.ndjson'), 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line) as { loss: number | null; weight: number });
  t.deepEqual(metrics.map((line) => line.loss === null), metrics.map(({ weight }) => weight === 0));
  t.is(metrics.reduce((sum, { weight }) => sum + weight, 0), samples.committed - samples.quarantined);
});

test('more bad samples than data.maxUnusable allows end the run', async (t) => {
  t.timeout(90_000);
  const data = await temporaryFolder(t);
  await makeImages(join(data, 'whole'), 8);
  await makeCutImages(join(data, 'cut'), 8);
  const { code, output } = await runOn(t, data, ['--set', 'data.maxUnusable=0.4']);
  t.is(code, EXIT.unfit, output);
  t.regex(output, /error: 8 of the last 16 samples could not be used\.[^]*data\.maxUnusable allows a share of 0\.4/);
});

test('a file that became a folder costs its own samples, and no worker', async (t) => {
  t.timeout(90_000);
  const data = await temporaryFolder(t);
  await makeImages(data, 8);
  const run = await startRun(t, data, FLAGS);
  await rm(join(data, '003.png'));
  await mkdir(join(data, '003.png'));
  const worker = run.startWorker('a');
  const { quarantinedFiles, samples } = await run.finish();
  t.is(await worker.exited, 0, worker.output());
  t.deepEqual(quarantinedFiles.map(({ path, code }) => [path, code]), [['003.png', 'DATA_MISSING']]);
  t.is(samples.quarantined, 4);
});
