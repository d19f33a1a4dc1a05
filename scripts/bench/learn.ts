// `npm run bench learn`: SimCLR with ResNet-18 by us and by a Python peer (lightly's loss on PyTorch), on the same views in the same
// order, with the same batch, rate and number of steps, and what nearest neighbours make of both trunks.

import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError, type Command } from 'commander';
import { backends, chooseBackend } from '../../worker/backends/index.js';
import { PHOTOGRAPHS } from '../../worker/pixels.js';
import { backendOption, jsonOption, parseCount } from '../commands/options.js';
import { chooseLooked, createParts, learnOurs, readPictures, scoreFeatures, writeViews, type LearnOptions, type Looked, type Pictures } from './learn-ours.js';
import { parseCounts } from './options.js';

/** It lies in the sources, not in the build. */
const SCRIPT = fileURLToPath(new URL('../../../scripts/bench/learn.py', import.meta.url));
const namePython = (): string => process.env.PRETEXT_PYTHON ?? 'python3';

interface Flags extends LearnOptions {
  readonly backend: string;
  readonly seeds: readonly number[];
  readonly json?: boolean;
}

/** Accuracies of nearest neighbours, 0..1, and the losses of the last step. */
interface SeedResult {
  readonly seed: number;
  readonly untrained: number;
  readonly ours: number;
  readonly theirs: number | undefined;
  readonly ourLoss: number;
  readonly theirLoss: number | undefined;
}

/** Why there is no peer; undefined where there is one. */
function missPeer(): string | undefined {
  try {
    execFileSync(namePython(), ['-c', 'from lightly.loss import NTXentLoss'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return `no peer to compare with: '${namePython()}' cannot import lightly (pip install torch torchvision lightly; PRETEXT_PYTHON names another Python)`;
  }
}

/** The peer's training on the views in the folder. Throws an Error with the last line that Python wrote. */
async function learnTheirs(folder: string, flags: Flags, seed: number, looked: readonly Looked[]): Promise<{ readonly trained: number; readonly loss: number }> {
  const { side, batch, width, steps, rate, temperature } = flags;
  const features = join(folder, 'features');
  const job = {
    side, batch, width, steps, rate, temperature, seed, threads: 1, hidden: 512, dims: 128, weightDecay: 0.01,
    mean: PHOTOGRAPHS.mean, deviation: PHOTOGRAPHS.deviation,
    views: join(folder, 'views'), pictures: join(folder, 'pictures'), numPictures: looked.length, features,
  };
  await writeFile(job.pictures, Buffer.concat(looked.map(({ bytes }) => bytes)));
  try {
    const { loss } = JSON.parse(execFileSync(namePython(), [SCRIPT, JSON.stringify(job)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })) as { loss: number };
    const { buffer, byteOffset, length } = await readFile(features);
    const all = new Float32Array(buffer.slice(byteOffset, byteOffset + length));
    const numDims = all.length / looked.length;
    return { trained: scoreFeatures(looked, looked.map((_, i) => all.slice(i * numDims, (i + 1) * numDims))), loss };
  } catch (cause) {
    const { stderr = '' } = cause as { readonly stderr?: string };
    throw new Error(`the peer: ${stderr.trim().split('\n').at(-1) || String(cause)}`, { cause });
  }
}

async function learnSeed(flags: Flags, seed: number, pictures: Pictures, hasPeer: boolean): Promise<SeedResult> {
  const folder = await mkdtemp(join(tmpdir(), 'pretext-learn-'));
  try {
    const parts = createParts(flags, seed);
    const looked = chooseLooked(pictures, flags.side, flags.maxItems);
    await writeViews(parts, pictures, join(folder, 'views'));
    const theirs = hasPeer ? await learnTheirs(folder, flags, seed, looked) : undefined;
    const { untrained, trained, loss } = await learnOurs(parts, pictures, looked);
    return { seed, untrained, ours: trained, theirs: theirs?.trained, ourLoss: loss, theirLoss: theirs?.loss };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const percent = (value: number | undefined): string => (value === undefined ? '-' : `${(100 * value).toFixed(1)} %`);

/** Mean and deviation over seeds. */
function summarise(values: readonly number[]): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return `${percent(mean)} (deviation ${percent(Math.sqrt(variance))})`;
}

async function benchLearn(flags: Flags): Promise<void> {
  const problem = missPeer();
  if (problem !== undefined) console.error(problem);
  const started = await backends[await chooseBackend(flags.backend)].start();
  try {
    const pictures = await readPictures(flags.data, flags.side);
    const results: SeedResult[] = [];
    if (!flags.json) console.log('| seed | untrained | ours | peer | loss, ours | loss, peer |\n|---|---|---|---|---|---|');
    for (const seed of flags.seeds) {
      const result = await learnSeed(flags, seed, pictures, problem === undefined);
      results.push(result);
      const { untrained, ours, theirs, ourLoss, theirLoss } = result;
      console.log(flags.json ? JSON.stringify(result) : `| ${seed} | ${percent(untrained)} | ${percent(ours)} | ${percent(theirs)} | ${ourLoss.toFixed(3)} | ${theirLoss?.toFixed(3) ?? '-'} |`);
    }
    if (flags.json) return;
    console.log(`\nours ${summarise(results.map(({ ours }) => ours))}`);
    const theirs = results.flatMap(({ theirs: each }) => each ?? []);
    if (theirs.length > 0) console.log(`peer ${summarise(theirs)}`);
  } finally {
    await started.dispose();
  }
}

function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0)) throw new InvalidArgumentError('Expected a number above 0.');
  return value;
}

export function addLearnCommand(program: Command): void {
  program
    .command('learn')
    .description('SimCLR with ResNet-18 by us and by a Python peer, and nearest neighbours on both trunks')
    .usage('-- --data DIR [options]')
    .requiredOption('--data <dir>', 'folder of images in folders by class')
    .option('--steps <n>', 'updates', parseCount, 200)
    .option('--batch <n>', 'pictures of a step', parseCount, 64)
    .option('--side <n>', 'height and width of the views, in pixels', parseCount, 32)
    .option('--width <n>', 'channels of the first stage; 64 in the paper', parseCount, 16)
    .option('--rate <r>', 'learning rate of AdamW', parseNumber, 0.001)
    .option('--temperature <t>', 'what similarities are divided by', parseNumber, 0.2)
    .option('--seeds <list>', 'seeds, with commas', parseCounts, [1, 2, 3])
    .option('--max-items <n>', 'most pictures of each split that neighbours are looked for with', parseCount, 1000)
    .addOption(backendOption())
    .addOption(jsonOption('a line for each seed'))
    .action(benchLearn);
}
