// What `pretext curve` does: plans all runs, runs those that are not there, measures each on the held-out items, and says what came of them.

import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { writeWhole } from '../../shared/write-whole.js';
import type { CurveFlags } from '../commands/curve.js';
import { contenderInfos, contenders, type Contender } from '../curve/contenders.js';
import { curveFolderOf, curvePathsOf, type CurveFile } from '../curve/curve-file.js';
import { drawCurve } from '../curve/picture.js';
import { estimateLeft, type TimedRun } from '../curve/plan-runs.js';
import { summarise } from '../curve/summary.js';
import { toPng } from '../curve/to-png.js';
import { describeCurve, nameShare, tabulateCurve } from '../curve/words.js';
import { formatLines } from '../format/lines.js';
import { formatDuration } from '../format/status.js';
import { prepareFile } from '../measure/prepare-file.js';
import { prepareCurve, type PreparedCurve, type PreparedRun } from './prepare-curve.js';
import { runContender, type Came } from './run-contender.js';
import { stopOnSignals } from './stop-on-signals.js';
import { tryRunPage } from './write-run-page.js';

/** Throws PretextError as a run does; what is done by then is kept. */
export async function measureCurve(flags: CurveFlags): Promise<void> {
  const { json = false } = flags;
  const signal = stopOnSignals();
  const folder = resolve(flags.out ?? chooseFolder(flags.init));
  const curve = await prepareCurve(flags, signal);
  const say = (lines: readonly string[]): void => { process[json ? 'stderr' : 'stdout'].write(formatLines(lines)); };
  await prepareFile(curvePathsOf(folder).json);
  say([...describeBefore(curve), `out         ${folder}`, '']);
  await finish(curve, await runAll(curve, { flags, folder, signal }), { flags, folder, signal });
  if (flags.out !== undefined) return;
  const page = await tryRunPage({
    run: flags.init, hasPictures: true, backend: flags.backend, signal, isForced: true, onNote: (note) => process.stderr.write(formatLines([note])),
  });
  if (page !== undefined) say([page]);
}

/** Of a run, in its folder: a report of the run shows it. */
function chooseFolder(init: string): string {
  if (statSync(init, { throwIfNoEntry: false })?.isFile() !== true) return curveFolderOf(init);
  throw new PretextError('BAD_ARGUMENT', '--init is a file: expected --out DIR, where the runs of the curve go.');
}

function describeBefore({ runs, leftOut, steps, labels }: PreparedCurve): string[] {
  const samples = runs.reduce((sum, run) => sum + run.samples, 0);
  return [
    `data        ${labels.numLabels} labelled items of ${labels.numClasses} classes, ${labels.numHeldOut} held out`,
    ...contenders.map((contender) => `${contender.padEnd(11)} ${contenderInfos[contender].words}`),
    `runs        ${runs.length} of ${steps} steps, ${samples} samples together; the first of them tells how long it takes`,
    ...(leftOut.length > 0 ? [`note        left out, for a smaller share has as many labels: ${leftOut.map(nameShare).join(', ')}`] : []),
  ];
}

interface RunAllOptions {
  readonly flags: CurveFlags;
  readonly folder: string;
  readonly signal: AbortSignal;
}

async function runAll({ runs, list }: PreparedCurve, { flags, folder, signal }: RunAllOptions): Promise<Came[]> {
  const came: Came[] = [];
  const timed: TimedRun[] = [];
  for (const [index, run] of runs.entries()) {
    const place = `[${index + 1}/${runs.length}] seed ${run.seed}, ${nameShare(run.share)} of the labels, ${run.contender}`;
    const out = join(folder, run.folder);
    const isNew = !existsSync(join(out, 'report.json'));
    const startMs = performance.now();
    const each = await runContender(run, { flags, out, list, signal, title: place }).catch((error: unknown) => throwOf(place, error));
    came.push(each);
    const wholeMs = performance.now() - startMs;
    if (isNew) timed.push({ samples: run.samples, trainingMs: each.samplesPerSecond === undefined ? wholeMs : Math.min(wholeMs, (1000 * run.samples) / each.samplesPerSecond), wholeMs });
    process.stderr.write(formatLines([`${place}: ${describeCame(each, isNew ? wholeMs : undefined)}${describeLeft(timed, runs.slice(index + 1))}`]));
  }
  return came;
}

/** Says which run it was, and how a curve goes on. */
function throwOf(place: string, error: unknown): never {
  if (!(error instanceof PretextError)) throw error;
  const { code, message } = error;
  const hint = code === 'CANCELLED' ? 'The same command goes on with it.' : error.hint;
  throw new PretextError(code, `${place}: ${message}`, { ...(hint !== undefined && { hint }), cause: error });
}

function describeCame({ right, wrong }: Came, tookMs: number | undefined): string {
  const accuracy = (100 * right.length) / (right.length + wrong.length);
  return `${accuracy.toFixed(1)} % ${tookMs === undefined ? 'as before' : `in ${formatDuration(tookMs / 1000)}`}`;
}

function describeLeft(timed: readonly TimedRun[], left: readonly PreparedRun[]): string {
  const leftMs = estimateLeft(timed, left.map(({ samples }) => samples));
  return leftMs === undefined || left.length === 0 ? '' : `; about ${formatDuration(leftMs / 1000)} to go`;
}

async function finish(curve: PreparedCurve, came: readonly Came[], { flags: { json = false }, folder }: RunAllOptions): Promise<void> {
  const told = describeAfter(curve, came);
  const files = curvePathsOf(folder);
  const svg = drawCurve(told);
  await writeWhole(files.json, [`${JSON.stringify(told, null, 2)}\n`]);
  await writeWhole(files.svg, [svg]);
  await writeWhole(files.png, [await toPng(svg)]);
  const legend = 'Accuracy on held-out items in per cent, ± deviation of the seeds; differences in points (joint standard error).';
  const lines = [...tabulateCurve(told.rows), '', legend, '', ...told.words, '', ...Object.values(files)];
  process.stdout.write(json ? `${JSON.stringify(told)}\n` : formatLines(lines));
}

function describeAfter({ runs, labels: { numClasses, chance }, init, data, steps }: PreparedCurve, came: readonly Came[]): CurveFile {
  const findings = runs.map((run, index) => {
    const { right, wrong } = came[index]!;
    return { ...run, answers: new Map([...right.map((path) => [path, true] as const), ...wrong.map((path) => [path, false] as const)]) };
  });
  const rows = summarise(findings, numClasses);
  const stagesOf = (contender: Contender): Came['stages'] => came[runs.findIndex((run) => run.contender === contender)]!.stages;
  return {
    data, init, steps, numClasses, numHeldOut: findings[0]!.answers.size, chance, rows, words: describeCurve(rows),
    stages: { pretrained: stagesOf('pretrained'), scratch: stagesOf('scratch'), probe: stagesOf('probe') },
    runs: runs.map(({ share, seed, contender, folder }, index) => ({ share, seed, contender, folder, digest: came[index]!.digest, trunkDigest: came[index]!.trunkDigest })),
  };
}
