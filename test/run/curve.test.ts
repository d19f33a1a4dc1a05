// A label curve by its command, on real processes: stopped and gone on with, a frozen trunk that is, and nothing is run twice.

import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { EXIT } from '../../scripts/commands/exit-codes.js';
import type { CurveRow } from '../../scripts/curve/summary.js';
import { digestTrunk } from '../../scripts/measure/digest-trunk.js';
import { makeCheckpoint, smallRecipe } from '../helpers/checkpoints.js';
import { makeImages } from '../helpers/data.js';
import { IS_LONG } from '../helpers/long.js';
import { startPretext, temporaryFolder, until } from '../helpers/processes.js';
import { skipWithReason } from '../helpers/test-data.js';

const CLASSES = ['a', 'b', 'c'];

interface Told {
  readonly numHeldOut: number;
  readonly rows: readonly CurveRow[];
  readonly words: readonly string[];
  readonly stages: Readonly<Record<string, readonly { readonly steps: number; readonly init: string }[]>>;
  readonly runs: readonly { readonly contender: string; readonly folder: string; readonly trunkDigest: string }[];
}

/** The arguments of a curve of three runs, its folder, and the trunk that it measures. */
async function give(t: ExecutionContext): Promise<{ readonly trunk: string; readonly out: string; readonly args: readonly string[] }> {
  const folder = await temporaryFolder(t);
  for (const name of CLASSES) {
    await makeImages(join(folder, 'images/train', name), 8);
    await makeImages(join(folder, 'images/test', name), 3);
  }
  const [trunk, out] = [join(folder, 'trunk.safetensors'), join(folder, 'curve')];
  await makeCheckpoint(trunk, smallRecipe('rotation'));
  return { trunk, out, args: ['curve', '--data', join(folder, 'images'), '--init', trunk, '--out', out, '--shares', '0.5', '--seeds', '2', '--steps', '6'] };
}

test('a curve that is stopped goes on, measures all held-out items, and leaves the frozen trunk as it was', async (t) => {
  if (!IS_LONG) return skipWithReason(t, 'it takes half a minute: npm run test:long');
  t.timeout(180_000);
  const { trunk, out, args } = await give(t);
  const first = join(out, 'seed-2/share-0.5/pretrained');
  const stopped = startPretext(t, args);
  await until('the first run is measured', () => existsSync(join(first, 'answers.json')) || undefined);
  stopped.child.kill('SIGINT');
  t.is(await stopped.exited, EXIT.stopped, stopped.output());
  const before = await stat(join(first, 'report.json'));

  const whole = startPretext(t, args);
  t.is(await whole.exited, EXIT.done, whole.output());
  t.is((await stat(join(first, 'report.json'))).mtimeMs, before.mtimeMs);
  t.regex(whole.output(), /pretrained: [\d.]+ % as before/);
  const { numHeldOut, rows, words, stages, runs } = JSON.parse(await readFile(join(out, 'curve.json'), 'utf8')) as Told;
  t.like({ numHeldOut, numRows: rows.length }, { numHeldOut: 9, numRows: 1 });
  t.like(rows[0], { share: 0.5, numLabels: 12, perClass: 4, steps: 6 });
  t.true(words.length >= 3);
  for (const name of ['curve.svg', 'curve.png']) t.true(existsSync(join(out, name)), name);
  t.deepEqual(Object.values(stages).map((each) => each.reduce((sum, { steps }) => sum + steps, 0)), [6, 6, 6]);
  t.is(stages['scratch']![0]!.init, 'random values of the seed');
  const trunkOf = (contender: string): string => runs.find((run) => run.contender === contender)!.trunkDigest;
  t.is(trunkOf('probe'), await digestTrunk(trunk));
  t.not(trunkOf('pretrained'), trunkOf('probe'));

  const other = startPretext(t, [...args, '--rate', '0.5']);
  t.is(await other.exited, EXIT.usage, other.output());
  t.regex(other.output(), /learningRate/);
});
