// A run, top to bottom: claim the folder, list the data, open the journal, listen, drive stage after stage, write the report.

import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { dropUndefined } from '../shared/drop-undefined.js';
import { PretextError, messageOf } from '../shared/errors/pretext-error.js';
import { CLOSE } from '../shared/protocol/close-codes.js';
import type { RunRecipe } from '../shared/recipe/stages.js';
import type { RunOutcome } from './controller.js';
import { lastStage } from './journal/entries.js';
import { openJournal } from './journal/journal.js';
import { checkMirror, createMirror, type Mirror } from './mirror/mirror.js';
import { createRunJudge } from './observe/judge-run.js';
import { observe, type Observed } from './observe/observe.js';
import { openLooks, type RunLooks } from './observe/open-looks.js';
import type { Coordinator, CoordinatorOptions } from './options.js';
import { beginJournal } from './run/begin-journal.js';
import { changeRecipe } from './run/change-recipe.js';
import { checkData } from './run/check-data.js';
import type { Claim } from './run/claim.js';
import { claimRunFolder } from './run/claim-run-folder.js';
import { hasRun, pathsOf, type RunPaths } from './run/folder.js';
import { throwOnGate } from './run/gate.js';
import { findResult, openStage, type OpenStage, type StageContext } from './run/open-stage.js';
import { createOperate } from './run/operate.js';
import { createRun, readRun, type PreparedRun, type Stage } from './run/prepare.js';
import { describeStage, joinReports, type RunReport, type StageReport } from './run/report.js';
import { advanceStage, createStageState, type StageState } from './run/state.js';
import { describeRun, type RunStatus } from './run/status.js';
import { untilAborted } from './run/until-aborted.js';
import { listenForRun } from './server/listen-run.js';
import type { CoordinatorServer } from './server/server.js';

const GRACE_MS = 10_000;
const HEARTBEAT_MS = 1000;
const TICK_MS = 250;
const CLOSE_MS = 2000;

/** A run under way. */
interface Run extends StageContext, PreparedRun {
  readonly options: CoordinatorOptions;
  readonly paths: RunPaths;
  readonly observed: Observed;
  readonly claim: Claim;
  readonly looks: RunLooks;
  readonly mirror: Mirror | undefined;
  /** The stage in progress. */
  current: OpenStage;
}

/** Starts a coordinator. Throws PretextError for everything that can be known before the first step. */
export async function startCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const paths = pathsOf(resolve(options.out));
  const claim = await claimRunFolder(paths, options.mode);
  if (claim.takenOver !== undefined) options.log.warn({ folder: paths.folder, reason: claim.takenOver }, 'claim on the folder is taken over');
  try {
    if (options.mirror !== undefined) await checkMirror({ from: paths.folder, to: options.mirror });
    return await openRun(paths, claim, options);
  } catch (error) {
    await claim.withdraw();
    throw error;
  }
}

async function openRun(paths: RunPaths, claim: Claim, options: CoordinatorOptions): Promise<Coordinator> {
  const isNew = !hasRun(paths);
  const observed = observe(paths, options);
  const { emit } = observed.events;
  const prepared = isNew ? await createRun(paths, { ...options, recipe: recipeOf(options), emit }) : await changeRecipe(paths, await readUnchanged(paths), { ...options, emit });
  const journal = await openJournal(paths.journal, dropUndefined({ recover: options.recover }));
  if (journal.cut) emit({ type: 'journalCut', path: paths.journal, ...journal.cut });
  try {
    return await start({ ...prepared, options, paths, claim, observed, journal, emit });
  } catch (error) {
    await journal.close();
    // A run that never began must not stand in the way of the next try.
    if (isNew) await rm(paths.journal, { force: true });
    throw error;
  }
}

/** A run to go on with, on the data that it began with. */
async function readUnchanged(paths: RunPaths): Promise<PreparedRun> {
  const run = await readRun(paths);
  for (const { recipe: { data }, items } of run.stages) await checkData({ ...data, items });
  return run;
}

type Opened = PreparedRun & Pick<Run, 'options' | 'paths' | 'claim' | 'observed' | 'journal' | 'emit'>;

async function start(opened: Opened): Promise<Coordinator> {
  const { paths, claim, journal, stages } = opened;
  const asked = new AbortController();
  const options = { ...opened.options, signal: AbortSignal.any([opened.options.signal, asked.signal]) };
  const { log, layoutOf, namesOf, learntOf, createTrial, graceMs = GRACE_MS } = options;
  const context = { ...opened, options, pause: { isPaused: existsSync(paths.paused) }, runId: await beginJournal(journal, stages), layoutOf, namesOf, ...dropUndefined({ createTrial }), log, graceMs, heartbeatMs: HEARTBEAT_MS, shutOut: new Set<string>() };
  const judged = learntOf && stages.map(({ recipe, plan }) => learntOf(recipe, plan.numInstances));
  const looks = await openLooks({ ...dropUndefined({ judged, lookAt: options.lookAt }), stages, path: paths.looks, events: opened.observed.events });
  const mirror = options.mirror === undefined ? undefined : createMirror({ from: paths.folder, to: resolve(options.mirror), numStages: stages.length, emit: opened.emit });
  const run: Run = { ...context, looks, mirror, current: await openStage(lastStage(journal.entries), context) };
  const getStatus = (): RunStatus => statusOf(run);
  const operate = createOperate({ run, getStatus, stop: () => asked.abort() });
  const server = await listenForRun({ ...run, getStatus, operate, onWorker: (socket, address) => run.current.controller.addSocket(socket, address) });
  await claim.announce(server.ownUrl);
  // Not before: a run that cannot begin must not stand in the way of the next try.
  if (mirror) run.observed.events.listen(mirror.handle);
  run.emit({ type: 'listening', url: server.url, folder: paths.folder });
  const current = run.current.stage.number;
  const lastLook = looks.lastOf(current);
  // Status and report know it.
  if (lastLook) run.emit(lastLook);
  if (judged) {
    run.observed.events.listen(createRunJudge({
      stages, judged, current, journal: journal.entries, earlier: looks.earlier, emit: run.emit,
      fail: (error) => run.current.controller.fail(error),
    }));
  }
  run.observed.events.listen(({ type }) => { if (type === 'stepCommitted') options.onProgress?.(getStatus()); });
  return { url: server.url, paths, recipe: run.recipe, getStatus, ...conclude(run, server) };
}

function recipeOf({ recipe }: CoordinatorOptions): RunRecipe {
  if (!recipe) throw new PretextError('BAD_ARGUMENT', 'A new run needs a recipe.');
  return recipe;
}

function statusOf({ runId, recipe, stages, current, observed }: Run): RunStatus {
  return describeRun({ runId, name: recipe.name, stages, ...current, pause: current.controller.operations.pause, state: observed.stage, lostLines: observed.lostLines });
}

/** Drives the run to its end, whatever that is, serves what it came to where it is told to, and closes everything. */
function conclude(run: Run, server: CoordinatorServer): Pick<Coordinator, 'finished' | 'closed'> {
  const { options: { keepServing = false, signal, log }, claim } = run;
  const ticker = setInterval(() => run.current.controller.tick(), TICK_MS);
  const ended = driveToEnd(run);
  const closed = ended.then(() => {
    if (!keepServing) return undefined;
    log.info('the run is complete: it is served until this coordinator is stopped');
    return Promise.race([untilAborted(signal), claim.lost]);
  }, () => {}).finally(async () => {
    clearInterval(ticker);
    await closeGently(run, server);
    await claim.withdraw();
  });
  closed.catch(() => {});
  const finished = ended.then((report) => (keepServing ? report : closed.then(() => report)), (error: unknown) => closed.then(() => { throw error; }));
  return { finished, closed };
}

async function driveToEnd(run: Run): Promise<RunReport> {
  const { options: { signal, logHub }, paths, claim, journal, observed, emit } = run;
  const stop = (): void => {
    run.looks.stop();
    void run.current.controller.stop();
  };
  signal.addEventListener('abort', stop);
  try {
    const stages = await Promise.race([runStages(run), claim.lost]);
    await observed.flush();
    const report = joinReports({ runId: run.runId, name: run.recipe.name, stages, lostLines: observed.lostLines });
    await writeFile(paths.report, `${JSON.stringify(report, null, 2)}\n`);
    emit({ type: 'finished', digest: report.digest, checkpoint: report.checkpoint });
    // Followers learn that this was the end; after a stop they wait for the coordinator to come back.
    await logHub.finish();
    await rm(paths.paused, { force: true });
    return report;
  } catch (error) {
    emit({ type: 'stopped', code: error instanceof PretextError ? error.code : undefined, reason: messageOf(error) });
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    run.looks.stop();
    await run.looks.settled();
    await Promise.all([journal.close(), observed.flush()]);
    await run.mirror?.finish(signal);
  }
}

/** Stage after stage to the last one. The workers of one stage are let go when the next can take them. */
async function runStages(run: Run): Promise<StageReport[]> {
  const { stages, emit, options: { signal } } = run;
  const reports = await Promise.all(stages.slice(0, run.current.stage.number - 1).map((stage) => reportEarlier(stage, run)));
  for (;;) {
    const { stage, controller } = run.current;
    if (signal.aborted) void controller.stop();
    const outcome = await outcomeOf(run);
    await run.looks.settled();
    emit({ type: 'stageFinished', stage: stage.number, ...outcome });
    reports.push(reportOf(stage, run, run.observed.stage, outcome));
    if (stage.number === stages.length) {
      controller.release(CLOSE.finished, 'the run is complete');
      return reports;
    }
    passGate(run);
    run.current = await openStage(stage.number + 1, run);
    controller.release(CLOSE.nextStage, 'the next stage begins');
  }
}

/** Lets the workers go where the run does not go on. Throws GATE_CLOSED. */
function passGate({ current: { stage, controller }, observed }: Run): void {
  try {
    throwOnGate(stage, observed.stage.verdict);
  } catch (error) {
    controller.release(CLOSE.failed, messageOf(error));
    throw error;
  }
}

/** A stage whose last step was committed and saved before is complete without any worker. */
async function outcomeOf({ current: { stage, controller }, journal }: Run): Promise<RunOutcome> {
  return (await findResult(stage, journal.entries)) ?? controller.finished;
}

/** A stage that was complete before this coordinator started; its checkpoint may be gone by now. */
async function reportEarlier(stage: Stage, run: Run): Promise<StageReport> {
  const outcome = await findResult(stage, run.journal.entries);
  const last = run.looks.lastOf(stage.number);
  const state = createStageState();
  return reportOf(stage, run, last ? advanceStage(state, last, performance.now()) : state, outcome ?? {});
}

function reportOf(stage: Stage, { journal }: Run, state: StageState, outcome: Partial<RunOutcome>): StageReport {
  return describeStage({ stage, entries: journal.entries, state, outcome });
}

/** Workers answer the goodbye by closing; those that do not are cut off. */
async function closeGently({ current: { controller } }: Run, server: CoordinatorServer): Promise<void> {
  const untilMs = performance.now() + CLOSE_MS;
  while (controller.peers.size > 0 && performance.now() < untilMs) await new Promise((done) => setTimeout(done, 20));
  await server.close();
}
