// What `pretext find-rate` does: a run in a temporary folder whose rate grows at every step, and what its losses speak for.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathsOf } from '../../coordinator/run/folder.js';
import { TRUNK } from '../../shared/checkpoint/transfer.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { parseSet } from '../../shared/recipe/overrides.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { writeWhole } from '../../shared/write-whole.js';
import { schedules } from '../../worker/optimizers/schedules.js';
import type { FindRateFlags } from '../commands/find-rate.js';
import { drawRates, tabulateRates } from '../finetune/draw-rates.js';
import { ADAM } from '../finetune/plan.js';
import { smoothCurve, suggestRates, type RatePoint } from '../finetune/rate-curve.js';
import { prepareFile } from '../measure/prepare-file.js';
import { readLines } from '../report/read-lines.js';
import { draftFineTune, parsePlan, type Draft } from './prepare-finetune.js';
import { pretrain } from './pretrain.js';
import { stopOnSignals } from './stop-on-signals.js';

/** As fastai has them. */
const HIGHEST = 10;
const FIRST = 1e-8;

/** Throws PretextError where no run could start, or where its losses say nothing. */
export async function findRate(flags: FindRateFlags): Promise<void> {
  const { steps, draw, json = false } = flags;
  if (draw !== undefined) await prepareFile(draw, { flag: '--draw' });
  const signal = stopOnSignals();
  const draft = await draftFineTune({ ...flags, data: resolve(flags.data), sets: flags.set?.map(parseSet), signal });
  const folder = await mkdtemp(join(tmpdir(), 'pretext-rates-'));
  try {
    const points = await tryRates(draft, flags, { folder, signal });
    const suggestions = suggestRates(points, steps);
    if (draw !== undefined) await writeWhole(draw, [drawRates(points, suggestions)]);
    if (json) process.stdout.write(`${JSON.stringify({ points, suggestions })}\n`);
    else process.stdout.write([...tabulateRates(points), ...(suggestions ? [`valley      ${format(suggestions.valley)}`, `steep       ${format(suggestions.steep)}`] : []), ''].join('\n'));
    if (!suggestions) throw new PretextError('NON_FINITE', `The loss grew to four times its best, or beyond all numbers, within ${points.length} of ${steps} steps.`, { hint: 'Give it more --steps, or a larger batch.' });
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const format = (rate: number): string => String(Number(rate.toPrecision(3)));

function planTrial({ shared, init }: Draft, { steps, all = false, set }: FindRateFlags): ReturnType<typeof parsePlan> {
  return parsePlan({
    ...shared, name: 'find-rate', steps,
    ...(init !== undefined && { init: { from: init } }),
    optimizer: {
      name: 'adamw', options: ADAM, learningRate: HIGHEST, schedule: { name: 'exponential', options: { first: FIRST } },
      ...(init !== undefined && !all && { groups: [{ match: TRUNK, frozenUntil: steps }] }),
    },
  }, set?.map(parseSet));
}

interface Trial {
  /** Of the run. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** The run ends early where the loss has grown too far, or is no number any more. */
async function tryRates(draft: Draft, flags: FindRateFlags, { folder, signal }: Trial): Promise<RatePoint[]> {
  const { recipe, locates } = planTrial(draft, flags);
  const [{ steps, optimizer: { learningRate, schedule: { options } } }] = recipe.stages as [Recipe];
  const rateAt = (step: number): number => learningRate * schedules.exponential.at(step, steps, options as { first: number }).factor;
  const { metrics } = pathsOf(folder);
  const done = new AbortController();
  const read = async (): Promise<{ readonly points: RatePoint[]; readonly isOver: boolean }> => {
    // A step without a usable sample has the loss of the one before.
    let last = NaN;
    const losses = (await readLines<{ readonly loss: number | null }>(metrics)).map(({ loss }) => (last = loss ?? last));
    const points = smoothCurve(losses.map((_loss, index) => rateAt(index + 1)), losses);
    return { points, isOver: points.length < losses.length };
  };
  try {
    await pretrain({
      recipe, locates, list: draft.list, out: folder, mode: 'start', workers: flags.workers, backend: flags.backend, threads: flags.threads, level: 'error',
      host: '127.0.0.1', port: 0, insecure: false, isEvaluated: false, signal: AbortSignal.any([signal, done.signal]), onProgress: () => void read().then(({ isOver }) => { if (isOver) done.abort(); }),
    });
  } catch (error) {
    const isOver = error instanceof PretextError && (error.code === 'NON_FINITE' || (error.code === 'CANCELLED' && !signal.aborted));
    if (!isOver) throw error;
  }
  return (await read()).points;
}
