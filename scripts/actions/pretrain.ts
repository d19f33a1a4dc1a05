// What `pretext run` and `pretext coordinator` do: a coordinator, local workers if any, the report, the evaluation.

import { rmdir, writeFile } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { startCoordinator } from '../../coordinator/main.js';
import { serveFinished, type FinishedRun } from '../../coordinator/serve-finished.js';
import type { Coordinator, CoordinatorOptions } from '../../coordinator/options.js';
import { createLogHub } from '../../coordinator/logs/log-hub.js';
import type { RunReport } from '../../coordinator/run/report.js';
import { readFinished } from '../../coordinator/run/finished.js';
import { hasRun, pathsOf } from '../../coordinator/run/folder.js';
import { loadRun } from '../../coordinator/run/prepare.js';
import { throwOnDifferences } from '../../coordinator/run/recipe-differences.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { explainDiskError } from '../../shared/errors/disk-error.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { makeFolder } from '../../shared/make-folder.js';
import { createLog } from '../../shared/log/create-log.js';
import type { LevelName } from '../../shared/log/levels.js';
import { completeRecipe } from '../../shared/recipe/complete.js';
import type { Locate } from '../../shared/recipe/locate.js';
import { mapStages, type RunRecipe } from '../../shared/recipe/stages.js';
import { chooseBackend } from '../../worker/backends/index.js';
import { chooseResources, measureMachine, type Resources } from '../../worker/data/resources.js';
import { layoutOf, namesOf } from '../../worker/bind-recipe.js';
import { describeLearning } from '../../worker/describe-learning.js';
import { createItemTrial } from '../../worker/data/item-trial.js';
import type { WorkerFailure } from '../../worker/node/restarts.js';
import { registries } from '../../worker/registries.js';
import { evaluateApart, lookApart } from '../processes/measure-apart.js';
import { startLocalWorkers, type LocalWorkers } from '../processes/local-workers.js';
import type { EvaluationResult } from './evaluate-run.js';
import { suggestReplay } from './suggest-replay.js';

export interface PretrainOptions extends Omit<CoordinatorOptions, 'registries' | 'layoutOf' | 'namesOf' | 'learntOf' | 'lookAt' | 'createTrial' | 'log' | 'logHub' | 'graceMs'> {
  /** Where each stage's values come from, for errors. */
  readonly locates?: readonly Locate[];
  /** Local worker processes; 0 for `pretext coordinator`. */
  readonly workers: number;
  readonly backend: string;
  /** Threads of each worker that compute. */
  readonly threads?: number;
  /** Of each worker; replaces the defaults that follow from the machine's cores and memory. */
  readonly resources?: Partial<Resources>;
  /** Also write the report here. */
  readonly report?: string;
  /** False leaves the evaluation to `pretext evaluate`. */
  readonly isEvaluated: boolean;
  readonly level: LevelName;
  /** Where the log is shown. Default stderr. */
  readonly logStream?: Writable;
  readonly onStart?: (coordinator: Coordinator) => void;
  readonly onEvaluation?: (what: string) => void;
  /** Called while the complete run is served on; otherwise the report is what is resolved with. */
  readonly onReport?: (report: FullReport) => Promise<void>;
}

/** What report.json holds. */
export interface FullReport extends RunReport {
  readonly evaluation?: EvaluationResult;
}

/** Resolves with the report of the complete run; of one that is complete already, at once unless it is served on. Throws PretextError when it cannot start or has to stop. */
export async function pretrain(options: PretrainOptions): Promise<FullReport> {
  const recipe = options.recipe && mapStages(options.recipe, (stage, index) => completeRecipe(stage, registries, options.locates?.[index]));
  const before = options.mode === 'start' || !hasRun(pathsOf(options.out)) ? undefined : await loadRun(options.out);
  if (before && recipe) throwOnDifferences(recipe, before.recipe, { folder: options.out, isOpen: options.fit !== undefined });
  const finished = before && await readFinished<FullReport>(before);
  const { keepServing = false } = options;
  const report = finished && !keepServing ? finished : await train({ ...options, ...dropUndefined({ recipe }) }, finished && { ...before, report: finished });
  return keepServing ? report : finish(report, options);
}

/** Evaluates what is trained, unless that has been done. */
async function finish(report: FullReport, options: PretrainOptions): Promise<FullReport> {
  const full = options.isEvaluated && report.evaluation === undefined ? await addEvaluation(report, options) : report;
  if (options.report !== undefined) await writeReport(options.report, full);
  return full;
}

/** Trains, or serves what is trained already. */
async function train(options: PretrainOptions, done?: FinishedRun): Promise<FullReport> {
  // Before anything is written: its error says what to install.
  if (options.workers > 0) await chooseBackend(options.backend);
  const paths = pathsOf(options.out);
  const logHub = await openLogHub(paths.logs);
  const log = createLog({ name: 'coordinator', level: options.level, sinks: [logHub.sink], ...dropUndefined({ stream: options.logStream }) });
  const stop = new AbortController();
  const forward = (): void => stop.abort();
  options.signal.addEventListener('abort', forward);
  if (options.signal.aborted) forward();
  let lastFailure: WorkerFailure | undefined;
  let workers: LocalWorkers | undefined;
  try {
    const start = done ? (started: CoordinatorOptions) => serveFinished(done, started) : startCoordinator;
    const coordinator = await start({
      ...options, registries, layoutOf, namesOf, learntOf: describeLearning, lookAt: (checkpoint, signal) => lookApart({ run: options.out, checkpoint, backend: options.backend, signal }), createTrial: createItemTrial, log, logHub, signal: stop.signal,
    });
    options.onStart?.(coordinator);
    const { url } = coordinator;
    if (options.workers > 0) {
      workers = startLocalWorkers({
        count: options.workers, join: url, backend: options.backend, log,
        resources: { ...chooseResources(measureMachine(), options.workers), ...options.resources },
        ...dropUndefined({ threads: options.threads, data: findOnlyRoot(coordinator.recipe) }),
        onAllFailed(failure) {
          lastFailure = failure;
          stop.abort();
        },
      });
    }
    const report = await coordinator.finished.catch((error: unknown) => {
      if (lastFailure === undefined) throw suggestReplay(error, options.out, coordinator.getStatus());
      const { code, message, hint = 'The log in the run\'s folder says more.' } = lastFailure;
      throw new PretextError(code, `No worker is left, the last one failed: ${message}`, { hint });
    });
    return options.keepServing ? await serveOn(report, coordinator, options) : report;
  } catch (error) {
    await removeIfEmpty([paths.logs, paths.folder]);
    throw explainDiskError(error, (error as NodeJS.ErrnoException).path ?? options.out);
  } finally {
    options.signal.removeEventListener('abort', forward);
    await workers?.stop();
  }
}

/** The report while it is served, until the coordinator is told to stop. */
async function serveOn(report: RunReport, { closed }: Coordinator, options: PretrainOptions): Promise<FullReport> {
  const full = await finish(report, options);
  await options.onReport?.(full);
  await closed;
  return full;
}

/** The folder that the data of all stages are in; where there are several, workers fetch from the coordinator. */
function findOnlyRoot({ stages }: RunRecipe): string | undefined {
  const [root, ...others] = new Set(stages.map(({ data }) => data.root));
  return others.length === 0 ? root : undefined;
}

/** A run that failed before it began leaves no folder behind. */
async function removeIfEmpty(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await rmdir(folder).catch(() => {});
}

async function openLogHub(folder: string): Promise<ReturnType<typeof createLogHub>> {
  try {
    await makeFolder(folder);
    return createLogHub({ folder });
  } catch (error) {
    throw explainDiskError(error, folder);
  }
}

async function addEvaluation(report: RunReport, options: PretrainOptions): Promise<FullReport> {
  const evaluation = await evaluateApart({
    run: options.out, backend: options.backend, signal: options.signal,
    ...dropUndefined({ onProgress: options.onEvaluation }),
  });
  const full = { ...report, evaluation };
  await writeReport(pathsOf(options.out).report, full);
  return full;
}

async function writeReport(path: string, report: RunReport): Promise<void> {
  await writeFile(path, `${JSON.stringify(report, null, 2)}\n`).catch((error: unknown) => {
    throw explainDiskError(error, path);
  });
}
