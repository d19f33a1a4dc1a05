// Whether a stage learns, in words: a pure function of what its steps have come to and of what its task says of its metrics.
// What is measured while training is of samples that are trained on, each drawn anew; `held` is of items that are not.

import type { Learnt, LearntTask, Look, Mean, MetricInfo } from '../../shared/learning.js';
import { windowLength, type Window } from './progress.js';

/** The worst first. */
const KINDS = ['collapsed', 'diverging', 'overfitting', 'at chance', 'too easy', 'early', 'learning'] as const;

export type VerdictKind = typeof KINDS[number];

export interface Verdict {
  readonly kind: VerdictKind;
  /** The step that it was given at. */
  readonly step: number;
  /** A sentence or two: what was seen, and what usually helps. */
  readonly text: string;
}

/** Nothing is said before this share of the steps: networks begin by looking collapsed, or at chance. */
const EARLIEST = 0.1;
/** A task that is at chance may only be slow. */
const CHANCE_FROM = 0.2;
/** Standard errors that a mean must be off for a difference to count. */
const SURE = 4;
/** Standard errors from which on few windows no longer look like chance. */
const LIKELY = 2;
/** Windows that a metric is averaged over: one of a few steps says too little. */
const RECENT = 4;
/** Of the way from chance to what nobody can beat: a task solved as far as this teaches nothing more. */
const SOLVED = 0.98;
/** Of the first loss: a rise as large as this is no noise. */
const RISE = 0.3;
/** An embedding that spreads out by this factor from window to window is not collapsed but young. */
const GROWTH = 1.1;

/** The verdict at the end of the last window, after the last look if there was one; undefined before the first window is full. */
export function judge(windows: readonly Window[], stage: Learnt, look?: Look): Verdict | undefined {
  const last = windows.at(-1);
  if (last === undefined) return undefined;
  const say = ({ kind, text }: Finding): Verdict => ({ kind, step: last.step, text: text + noteUnusable(last) });
  if (last.step < EARLIEST * stage.steps || windows.length < 2) return say({ kind: 'early', text: isOver(last, stage) ? `Too few steps to tell. ${MORE_STEPS}` : 'Too early to tell.' });
  const collapsed = findCollapse(windows, stage) ?? (look && findCollapsedFeatures(look));
  if (collapsed !== undefined) return say({ kind: 'collapsed', text: collapsed });
  const findings = stage.tasks.map((task) => ({ task: task.task, ...judgeTask(windows, { ...task, steps: stage.steps }, look) }));
  const kind = KINDS.find((each) => findings.some((finding) => finding.kind === each))!;
  const texts = findings.filter((finding) => finding.kind === kind).map(({ task, text }) => (findings.length === 1 ? text : `${task}: ${text}`));
  return say({ kind, text: texts.join(' ') });
}

const MORE_STEPS = 'What usually helps: more steps.';

/** No window of the stage comes after it. */
const isOver = ({ step }: Window, { steps }: Pick<Learnt, 'steps'>): boolean => step + windowLength(steps) > steps;

const AGAINST_COLLAPSE = 'What usually helps: a lower optimizer.learningRate, the task\'s default weights, a larger batch, pictures that differ more.';

type Finding = Pick<Verdict, 'kind' | 'text'>;
type TaskOfStage = LearntTask & Pick<Learnt, 'steps'>;

function judgeTask(windows: readonly Window[], task: TaskOfStage, look: Look | undefined): Finding {
  const diverging = findDivergence(windows, task);
  if (diverging !== undefined) return { kind: 'diverging', text: diverging };
  const overfitting = look && findOverfitting(look, task);
  if (overfitting !== undefined) return { kind: 'overfitting', text: overfitting };
  return judgeSolved(windows, task, look);
}

function judgeSolved(windows: readonly Window[], task: TaskOfStage, look: Look | undefined): Finding {
  const last = windows.at(-1)!;
  const [name, facts] = findMetric(task);
  const seen = name === undefined ? undefined : joinMeans(windows.slice(-RECENT).flatMap(({ metrics: { [name]: mean } }) => mean ?? []));
  if (facts === undefined || seen === undefined) return judgeLoss(windows, task);
  const told = `${name!} ${round(seen.mean)}, a guesser's is ${round(facts.chance!)}`;
  const sign = facts.better === 'higher' ? 1 : -1;
  const gain = sign * (seen.mean - facts.chance!);
  const isSolved = facts.ceiling !== undefined && gain >= SOLVED * sign * (facts.ceiling - facts.chance!);
  if (isSolved && canBeTooEasy(windows, task)) return { kind: 'too easy', text: `${name!} ${round(seen.mean)} of ${round(facts.ceiling)} at most. ${blameGuards(task)}` };
  if (gain > SURE * seen.standardError) return { kind: 'learning', text: `${told}${noteLook(look, name!)}.` };
  const mayBeMore = windows.length < RECENT && gain > LIKELY * seen.standardError;
  if (last.step < CHANCE_FROM * task.steps || mayBeMore) return { kind: 'early', text: isOver(last, task) ? `${told}: too few steps to tell. ${MORE_STEPS}` : `${told}: too early to tell.` };
  if (hasEmbedding(task) && isFalling(windows, task)) return { kind: 'collapsed', text: `${told}, and yet the loss falls: views become alike because all pictures do. ${AGAINST_COLLAPSE}` };
  const luck = gain > seen.standardError ? `, which may be luck (standard error ${round(seen.standardError)})` : '';
  return { kind: 'at chance', text: `${told}${luck}. What usually helps: an easier option of the task (pretext tasks ${task.task}), a higher optimizer.learningRate, more steps, a larger batch.` };
}

/** Only after steps of which all had guards as strong as they get. */
const canBeTooEasy = (windows: readonly Window[], { guardedFrom, isSupervised, steps }: TaskOfStage): boolean =>
  !isSupervised && (windows.at(-RECENT - 1)?.step ?? 0) >= guardedFrom * steps;

/** Both of the look: steps may have had weaker guards. */
const noteLook = (look: Look | undefined, name: string): string => {
  const [on, off] = [look?.trained.metrics[name]?.mean, look?.held.metrics[name]?.mean];
  if (on === undefined || off === undefined || Number.isNaN(on) || Number.isNaN(off)) return '';
  return `; at the last look ${round(off)} on held-out items, ${round(on)} on items that are trained on`;
};

/** The first metric of which it is known what a guesser scores. */
const findMetric = ({ metrics }: LearntTask): readonly [string, MetricInfo] | readonly [] =>
  Object.entries(metrics).find(([, { chance }]) => chance !== undefined) ?? [];

/** Of the untrained trunk's deviation: less than this is a point. */
const LEAST_SPREAD = 0.02;
/** Fewer say nothing of how far features spread. */
const LEAST_ITEMS = 8;

function findCollapsedFeatures({ spread, spreadUntrained, numItems }: Look): string | undefined {
  // Written so that a deviation that is no number is no collapse.
  const isPoint = numItems >= LEAST_ITEMS && spreadUntrained.deviation > 0 && spread.deviation <= LEAST_SPREAD * spreadUntrained.deviation;
  if (!isPoint) return undefined;
  return `Features of the last stage deviate by ${round(spread.deviation)}, before training by ${round(spreadUntrained.deviation)}: all pictures look alike to the network. ${AGAINST_COLLAPSE}`;
}

/** Of what is learnt on items that are trained on: so much of it may be missing on others. */
const MISSING = 0.5;

function findOverfitting({ held, trained }: Look, task: LearntTask): string | undefined {
  const [name, facts] = findMetric(task);
  const [on, off] = name === undefined ? [] : [trained.metrics[name], held.metrics[name]];
  if (facts === undefined || !on || !off) return undefined;
  const sign = facts.better === 'higher' ? 1 : -1;
  const gap = sign * (on.mean - off.mean);
  // Written so that a metric that is no number is no overfitting.
  const isMissing = gap > SURE * Math.hypot(on.standardError, off.standardError) && gap > MISSING * sign * (on.mean - facts.chance!);
  if (!isMissing) return undefined;
  return `${name!} ${round(on.mean)} on items that are trained on, ${round(off.mean)} on held-out items, a guesser's is ${round(facts.chance!)}. What usually helps: more items, fewer steps, stronger augmentation, more weight decay.`;
}

/** The mean of several, each of which counts alike. */
function joinMeans(means: readonly Mean[]): Mean | undefined {
  if (means.length === 0) return undefined;
  const sum = means.reduce((total, { mean }) => total + mean, 0);
  return { mean: sum / means.length, standardError: Math.hypot(...means.map(({ standardError }) => standardError)) / means.length };
}

const hasEmbedding = ({ metrics }: LearntTask): boolean => Object.values(metrics).some(({ collapsed }) => collapsed !== undefined);

/** The task's own loss in a window; its terms are of the same steps, so that their errors may add up. */
function lossOf({ terms }: Window, task: LearntTask): Mean | undefined {
  const own = task.terms.flatMap((name) => terms[name] ?? []);
  if (own.length === 0) return undefined;
  return { mean: own.reduce((sum, { mean }) => sum + mean, 0), standardError: own.reduce((sum, { standardError }) => sum + standardError, 0) };
}

function isFalling(windows: readonly Window[], task: LearntTask): boolean {
  const [first, last] = [lossOf(windows[0]!, task), lossOf(windows.at(-1)!, task)];
  return first !== undefined && last !== undefined && first.mean - last.mean > SURE * Math.hypot(first.standardError, last.standardError);
}

/** For tasks of which nobody knows what a guesser scores. */
function judgeLoss(windows: readonly Window[], task: LearntTask): Finding {
  const [first, last] = [lossOf(windows[0]!, task), lossOf(windows.at(-1)!, task)];
  if (!first || !last) return { kind: 'early', text: 'No sample could be used yet.' };
  const told = `The loss is ${round(last.mean)}, at first it was ${round(first.mean)}`;
  if (isFalling(windows, task)) return { kind: 'learning', text: `${told}.` };
  return { kind: 'at chance', text: `${told}. What usually helps: a higher optimizer.learningRate, more steps, a larger batch.` };
}

function blameGuards({ guardsOff, task }: LearntTask): string {
  return guardsOff.length > 0
    ? `Guards that are off: ${guardsOff.join(', ')}. The answer may be read off without understanding: turn them on.`
    : `All guards are on: make the task harder by its options (pretext tasks ${task}), and look at a preview for what gives the answer away.`;
}

/** An embedding that is at or below what its task calls collapsed, and does not spread out again. */
function findCollapse(windows: readonly Window[], { metrics }: Learnt): string | undefined {
  const [before, last] = windows.slice(-2) as [Window, Window];
  for (const [name, { collapsed, ceiling = Infinity }] of Object.entries(metrics)) {
    const [was, is] = [before.metrics[name]?.mean, last.metrics[name]?.mean];
    // A small microbatch has no more directions than a collapsed embedding.
    if (collapsed !== undefined && collapsed >= ceiling) continue;
    if (collapsed === undefined || was === undefined || is === undefined || is > collapsed || is > GROWTH * was) continue;
    return `${name} ${round(is)}: all pictures look alike to the network. ${AGAINST_COLLAPSE}`;
  }
  return undefined;
}

/** The task's own loss in the last two windows is far above that of the first, and above a guesser's: a queue that fills makes a task harder, no worse. */
function findDivergence(windows: readonly Window[], task: LearntTask): string | undefined {
  const { chanceLoss = -Infinity } = task;
  const first = lossOf(windows[0]!, task);
  const recent = windows.slice(-2).map((window) => lossOf(window, task));
  if (!first || windows.length < 3) return undefined;
  const isAbove = (loss: Mean | undefined): boolean =>
    loss !== undefined && loss.mean > chanceLoss && loss.mean - first.mean > Math.max(RISE * Math.abs(first.mean), SURE * Math.hypot(first.standardError, loss.standardError));
  if (!recent.every(isAbove)) return undefined;
  return `The loss is ${round(recent.at(-1)!.mean)}, at first it was ${round(first.mean)}. What usually helps: a lower optimizer.learningRate, a warm-up, a larger batch.`;
}

/** A share above this is said with every verdict. */
const MANY_UNUSABLE = 0.1;

const noteUnusable = ({ unusable }: Window): string =>
  unusable <= MANY_UNUSABLE ? '' : ` ${Math.round(100 * unusable)} % of the samples could not be used: quarantine.ndjson says why.`;

const round = (value: number): string => String(Number(value.toPrecision(3)));
