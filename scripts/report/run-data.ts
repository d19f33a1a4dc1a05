// What is known of a run from its folder alone, whether it is over, under way or broken off: what every part of its report is made of.

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { effectiveCommits, entriesOfStage, type CommitEntry, type JournalEntry } from '../../coordinator/journal/entries.js';
import { readJournal } from '../../coordinator/journal/journal.js';
import { describeFault } from '../../coordinator/journal/lines.js';
import { readLooks, type LookLine } from '../../coordinator/observe/looks.js';
import { loadRun, type Stage } from '../../coordinator/run/prepare.js';
import type { StageReport } from '../../coordinator/run/report.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Learnt } from '../../shared/learning.js';
import { nameTasks } from '../../shared/recipe/tasks.js';
import { describeLearning } from '../../worker/describe-learning.js';
import { findWork } from '../actions/find-coordinator.js';
import type { FullReport } from '../actions/pretrain.js';
import { readAttendance, type Attendance } from './read-attendance.js';
import { readLines } from './read-lines.js';
import type { Pictures } from './pictures/pictures.js';

export interface StageData extends Stage {
  /** Its own: a stage that has none is called by the run's in its recipe. */
  readonly name?: string;
  readonly hasBegun: boolean;
  /** What counts, in order. */
  readonly commits: readonly CommitEntry[];
  /** Who took part, and the steps that were committed before. */
  readonly workers: readonly { readonly worker: string; readonly backend: string; readonly after: number }[];
  readonly rollbacks: readonly { readonly from: number; readonly to: number; readonly reason: string }[];
  readonly looks: readonly LookLine[];
  readonly learnt: Learnt;
  /** What report.json says of it. */
  readonly report?: StageReport;
}

/** Line of metrics.ndjson, as far as the journal does not have it. */
export interface Speed {
  readonly stage: number;
  readonly step: number;
  readonly samplesPerSecond?: number;
}

export interface RunData {
  readonly folder: string;
  readonly title: string;
  readonly state: 'complete' | 'under way' | 'broken off';
  readonly runId?: string;
  readonly stages: readonly StageData[];
  /** The text of recipe.yaml. */
  readonly recipeText: string;
  /** What is wrong with the journal. */
  readonly fault?: string;
  readonly report?: FullReport;
  readonly speeds: readonly Speed[];
  readonly attendance: Attendance;
  readonly pictures?: Pictures;
}

/** Throws PretextError NOT_FOUND where the folder holds no run. */
export async function readRunData(folder: string): Promise<RunData> {
  const { recipe, stages, paths } = await loadRun(folder);
  const { entries, fault } = await readEntries(paths.journal);
  const [first] = entries;
  const runId = first?.type === 'run' ? first.runId : undefined;
  const report = await readReport(paths.report, runId);
  const looks = await readLooks(paths.looks);
  const isAtWork = !report && (await findWork(paths.folder, {})).isAtWork;
  return {
    folder: paths.folder,
    title: recipe.name ?? basename(paths.folder),
    state: report ? 'complete' : isAtWork ? 'under way' : 'broken off',
    stages: stages.map((stage) => toStageData(stage, { runName: recipe.name, entries, looks, report })),
    recipeText: await readFile(paths.recipe, 'utf8'),
    speeds: await readLines<Speed>(paths.metrics),
    attendance: await readAttendance(paths.folder),
    ...dropUndefined({ runId, report, fault: fault && `${describeFault(basename(paths.journal), fault)}.` }),
  };
}

async function readEntries(path: string): ReturnType<typeof readJournal> {
  try {
    return await readJournal(path);
  } catch (error) {
    // A run that has not begun.
    if (error instanceof PretextError && error.code === 'NOT_FOUND') return { entries: [], fault: undefined };
    throw error;
  }
}

/** The report of this run; one that lies there from another does not count. */
async function readReport(path: string, runId: string | undefined): Promise<FullReport | undefined> {
  try {
    const report = JSON.parse(await readFile(path, 'utf8')) as FullReport;
    return runId !== undefined && report.runId === runId ? report : undefined;
  } catch {
    return undefined;
  }
}

interface Read {
  readonly runName: string | undefined;
  readonly entries: readonly JournalEntry[];
  readonly looks: readonly LookLine[];
  readonly report: FullReport | undefined;
}

function toStageData(stage: Stage, { runName, entries: all, looks, report }: Read): StageData {
  const entries = entriesOfStage(all, stage.number);
  let committed = 0;
  const workers: StageData['workers'][number][] = [];
  const rollbacks: StageData['rollbacks'][number][] = [];
  for (const entry of entries) {
    if (entry.type === 'worker') workers.push({ worker: entry.worker, backend: entry.backend, after: committed });
    if (entry.type === 'commit') committed = entry.step;
    if (entry.type !== 'rollback') continue;
    rollbacks.push({ from: committed, to: entry.to, reason: entry.reason });
    committed = entry.to;
  }
  return {
    ...stage, workers, rollbacks,
    hasBegun: all.some((entry) => entry.type === 'stage' && entry.stage === stage.number),
    commits: effectiveCommits(entries),
    looks: looks.filter((look) => look.stage === stage.number),
    learnt: describeLearning(stage.recipe, stage.plan.numInstances),
    ...dropUndefined({ name: stage.recipe.name === runName ? undefined : stage.recipe.name, report: report?.stages.find((each) => each.stage === stage.number) }),
  };
}

/** Where there are several stages, which one is meant. */
export const nameStage = ({ number, name, recipe }: Pick<StageData, 'number' | 'name' | 'recipe'>): string => `Stage ${number}${name === undefined ? '' : `, ${name}`}: ${nameTasks(recipe)}`;

/** Metrics and what is known of them, those of which chance is known in front. */
export const listMetrics = ({ learnt }: StageData): string[] =>
  Object.entries(learnt.metrics).sort(([, a], [, b]) => Number(b.chance !== undefined) - Number(a.chance !== undefined)).map(([name]) => name);
