// A run, top to bottom: claim the folder, list the data, open the journal, listen, drive the run, write the report.

import { randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Logger } from 'pino';
import { sources, detectSource } from '../shared/datasets/index.js';
import { sourceKinds } from '../shared/datasets/kinds.js';
import type { Item, RejectedItem } from '../shared/datasets/dataset.js';
import { dropUndefined } from '../shared/drop-undefined.js';
import { PretextError, messageOf } from '../shared/errors/pretext-error.js';
import { completeRecipe, resolveTask, type Registries } from '../shared/recipe/complete.js';
import { formatRecipe } from '../shared/recipe/format.js';
import { hashRecipe } from '../shared/recipe/hash.js';
import { parseRecipe } from '../shared/recipe/parse.js';
import type { Recipe } from '../shared/recipe/schema.js';
import { digestOfCheckpoint } from './checkpoints/checkpoint-digest.js';
import { checkpointPath, listCheckpoints } from './checkpoints/checkpoints.js';
import { createController, type Controller, type RunOutcome } from './controller.js';
import { committedStep, type JournalEntry } from './journal/entries.js';
import { openJournal } from './journal/journal.js';
import type { LogHub } from './logs/log-hub.js';
import { createLineFile, type LineFile } from './observe/line-file.js';
import { createLogEvents } from './observe/log-events.js';
import { metricsLines } from './observe/metrics.js';
import { quarantineLines } from './observe/quarantine.js';
import { createEpochPlan, type EpochPlan } from './plan/epoch-plan.js';
import { createEvents, type Events, type RunEvent } from './run/events.js';
import { announce, claimRunFolder, pathsOf, withdraw, type RunPaths } from './run/folder.js';
import { countLostLines, type LostLines } from './run/lost-lines.js';
import { hashManifest, readManifest, writeManifest } from './run/manifest.js';
import { createReport, type RunReport } from './run/report.js';
import { advanceStage, createStageState, speedOf, type StageState } from './run/state.js';
import { describeRun, type RunStatus } from './run/status.js';
import { createRoutes } from './server/routes.js';
import { startServer } from './server/server.js';

export interface CoordinatorOptions {
  /** Absent when resuming: the run's folder has it. */
  readonly recipe?: Recipe;
  readonly registries: Registries;
  readonly out: string;
  readonly resume: boolean;
  readonly host: string;
  readonly port: number;
  readonly token?: string;
  readonly viewerToken?: string;
  readonly insecure: boolean;
  readonly log: Logger;
  readonly logHub: LogHub;
  /** Default 10 seconds. */
  readonly graceMs?: number;
  readonly onProgress?: (status: RunStatus) => void;
  readonly onListing?: (done: number, total: number) => void;
  /** Aborting saves a checkpoint, lets the workers go and rejects `finished` with CANCELLED. */
  readonly signal: AbortSignal;
}

export interface Coordinator {
  readonly url: string;
  readonly paths: RunPaths;
  readonly recipe: Recipe;
  readonly items: readonly Item[];
  getStatus(): RunStatus;
  /** The report, once the run is complete and everything is closed. Rejects with why it stopped. */
  readonly finished: Promise<RunReport>;
}

const GRACE_MS = 10_000;
const HEARTBEAT_MS = 1000;
const TICK_MS = 250;

interface Prepared {
  readonly recipe: Recipe;
  readonly items: readonly Item[];
  readonly rejected: readonly RejectedItem[];
}

/** Starts a coordinator. Throws PretextError for everything that can be known before the first step. */
export async function startCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const paths = pathsOf(resolve(options.out));
  await claimRunFolder(paths, options.resume);
  const observed = observe(paths, options);
  const { events } = observed;
  const { recipe, items, rejected } = options.resume ? await readRun(paths) : await createRun(paths, options, events);
  const plan = planOf(recipe, items);
  const journal = await openJournal(paths.journal);
  const recipeHash = hashRecipe(recipe);
  const runId = await beginJournal(journal, recipe, recipeHash, items);

  const controller = createController({
    runId, recipe, plan, journal,
    steps: recipe.steps,
    microbatches: recipe.batch.microbatches,
    lookaheadSteps: recipe.exchange.lookaheadSteps,
    chunkBytes: recipe.exchange.chunkBytes,
    checkpointEverySteps: recipe.checkpoint.everySteps,
    checkpointKeep: recipe.checkpoint.keep,
    digestEverySteps: recipe.digest.everySteps,
    checkpoints: paths.checkpoints,
    metadata: { recipe: recipeHash, run: runId, format: 'pretext-1' },
    log: options.log,
    now: () => performance.now(),
    graceMs: options.graceMs ?? GRACE_MS,
    heartbeatMs: HEARTBEAT_MS,
    emit: (event) => events.emit({ ...event, stage: 1 }),
  });
  const getStatus = (): RunStatus => describeRun({ runId, recipe, controller, ...observed.state(), rejected: rejected.length });
  events.listen(({ type }) => { if (type === 'stepCommitted') options.onProgress?.(getStatus()); });

  const server = await startServer({
    host: options.host, port: options.port, insecure: options.insecure,
    ...dropUndefined({ token: options.token, viewerToken: options.viewerToken }),
    chunkBytes: recipe.exchange.chunkBytes,
    routes: createRoutes({
      onWorker: (socket, address) => controller.addSocket(socket, address),
      getStatus,
      handleLogs: options.logHub.handleLogs,
      findItem: (index) => items[index] && { root: recipe.data.root, item: items[index] },
    }),
  }).catch(async (error: unknown) => {
    await journal.close();
    // A run that never began must not stand in the way of the next try.
    if (!options.resume) await rm(paths.journal, { force: true });
    throw error;
  });
  await announce(paths, server.url);
  events.emit({ type: 'listening', url: server.url, folder: paths.folder });

  const ticker = setInterval(() => controller.tick(), TICK_MS);
  const stop = (): void => void controller.stop();
  options.signal.addEventListener('abort', stop);
  if (options.signal.aborted) stop();

  async function conclude(): Promise<RunReport> {
    try {
      const outcome = await outcomeOf(controller, journal.entries, recipe, paths);
      await observed.flush();
      const report = createReport({ runId, recipe, recipeHash, manifestHash: hashManifest(items), plan, entries: journal.entries, ...observed.state(), outcome, rejected });
      await writeFile(paths.report, `${JSON.stringify(report, null, 2)}\n`);
      events.emit({ type: 'finished', ...outcome });
      // Followers learn that this was the end; after a stop they wait for the coordinator to come back.
      await options.logHub.finish();
      return report;
    } catch (error) {
      events.emit({ type: 'stopped', code: error instanceof PretextError ? error.code : undefined, reason: messageOf(error) });
      throw error;
    } finally {
      clearInterval(ticker);
      options.signal.removeEventListener('abort', stop);
      await Promise.all([journal.close(), observed.flush()]);
      await closeGently(controller, server);
      await withdraw(paths);
    }
  }

  return { url: server.url, paths, recipe, items, getStatus, finished: conclude() };
}

interface Observed {
  readonly events: Events<RunEvent>;
  state(): { readonly stage: StageState; readonly lostLines: readonly LostLines[] };
  /** Resolves when every line of a file is written or lost. */
  flush(): Promise<void>;
}

/** The stream of the run's events, with all who listen to it. */
function observe(paths: RunPaths, { log, logHub }: CoordinatorOptions): Observed {
  const events = createEvents<RunEvent>();
  const startedMs = performance.now();
  let stage = createStageState();
  let lostLines: readonly LostLines[] = [];
  const openLines = (path: string): LineFile => createLineFile(path, (lines, reason) => events.emit({ type: 'linesLost', path, lines, reason }));
  const metrics = openLines(paths.metrics);
  const quarantine = openLines(paths.quarantine);

  events.listen((event) => {
    stage = 'stage' in event && event.type !== 'listed' ? advanceStage(stage, event, performance.now()) : stage;
    lostLines = countLostLines(lostLines, event);
  });
  events.listen((event) => {
    metrics.push(...metricsLines(event, speedOf(stage), (performance.now() - startedMs) / 1000));
    quarantine.push(...quarantineLines(event));
    if (event.type === 'workerLogged') logHub.receive(event.worker, event.records, event.dropped);
  });
  events.listen(createLogEvents({ log, now: () => performance.now(), samplesPerSecond: () => speedOf(stage) }));
  return { events, state: () => ({ stage, lostLines }), flush: async () => void (await Promise.all([metrics.flush(), quarantine.flush()])) };
}

/** Workers answer the goodbye by closing; those that do not are cut off. */
async function closeGently(controller: Controller, server: { close(): Promise<void> }): Promise<void> {
  const untilMs = performance.now() + 2000;
  while (controller.peers.size > 0 && performance.now() < untilMs) await new Promise((done) => setTimeout(done, 20));
  await server.close();
}

/** A run whose last step was committed and saved before is complete without any worker. */
async function outcomeOf(controller: Controller, entries: readonly JournalEntry[], recipe: Recipe, paths: RunPaths): Promise<RunOutcome> {
  const checkpoints = await listCheckpoints(paths.checkpoints);
  if (committedStep(entries) < recipe.steps || !checkpoints.includes(recipe.steps)) return controller.finished;
  const checkpoint = checkpointPath(paths.checkpoints, recipe.steps);
  return { checkpoint, digest: await digestOfCheckpoint(checkpoint) };
}

export function planOf(recipe: Recipe, items: readonly Item[]): EpochPlan {
  const { microbatches, microbatchSize } = recipe.batch;
  return createEpochPlan(items.filter(({ split }) => split === 'train'), {
    seed: recipe.seed, microbatches, microbatchSize, clipsPerVideo: recipe.data.clipsPerVideo,
  });
}

async function readRun(paths: RunPaths): Promise<Prepared> {
  const { recipe } = parseRecipe(await readFile(paths.recipe, 'utf8'), { file: paths.recipe });
  return { recipe, ...(await readManifest(paths.manifest)) };
}

/** Recipe and manifest of a run on disk, and the plan that they give. */
export async function loadRun(folder: string): Promise<Prepared & { readonly paths: RunPaths; readonly plan: EpochPlan }> {
  const paths = pathsOf(resolve(folder));
  const prepared = await readRun(paths).catch((cause: unknown) => {
    if (cause instanceof PretextError) throw cause;
    throw new PretextError('NOT_FOUND', `"${folder}" is not the folder of a run.`, { hint: 'Give the folder that `pretext run` printed, such as runs/NAME.', cause });
  });
  return { ...prepared, paths, plan: planOf(prepared.recipe, prepared.items) };
}

async function createRun(paths: RunPaths, options: CoordinatorOptions, events: Events<RunEvent>): Promise<Prepared> {
  if (!options.recipe) throw new PretextError('BAD_ARGUMENT', 'A new run needs a recipe.');
  // Of a run that did not begin, in the same folder.
  for (const path of [paths.metrics, paths.quarantine]) await rm(path, { force: true });
  const given = options.recipe;
  const root = resolve(given.data.root);
  const source = given.data.source === 'auto' ? await detectSource(root) : given.data.source;
  const { holdout } = given.data;
  const { items, rejected } = await sources[source].list(root, {
    holdout, seed: given.seed, signal: options.signal,
    ...dropUndefined({ onProgress: options.onListing }),
  });
  const named = resolveTask({ ...given, data: { ...given.data, root, source } }, sourceKinds[source], options.registries.task);
  const numTrain = items.filter(({ split }) => split === 'train').length;
  events.emit({ type: 'listed', stage: 1, root, source, task: named.task.name, train: numTrain, test: items.length - numTrain, rejected });
  if (numTrain === 0) {
    throw new PretextError('DATA_EMPTY', `"${root}" has nothing to train on: ${items.length} usable files, ${rejected.length} unusable.`, {
      hint: 'Give a folder with images or videos by --data; ffprobe or the log says what is wrong with the others.',
    });
  }
  const recipe = completeRecipe(named, options.registries);
  await writeManifest(paths.manifest, { items, rejected });
  await writeFile(paths.recipe, formatRecipe(recipe));
  return { recipe, items, rejected };
}

/** The journal's first entry says which run it is of; a resumed one must still be of the same recipe and data. */
async function beginJournal(journal: { entries: readonly JournalEntry[]; append(entry: JournalEntry): Promise<void> }, recipe: Recipe, recipeHash: string, items: readonly Item[]): Promise<string> {
  const manifest = hashManifest(items);
  const [first] = journal.entries;
  if (first === undefined) {
    const runId = randomUUID();
    await journal.append({ type: 'run', runId, recipe: recipeHash, manifest, steps: recipe.steps });
    return runId;
  }
  if (first.type !== 'run' || first.recipe !== recipeHash || first.manifest !== manifest) {
    throw new PretextError('BAD_STATE', 'The recipe or manifest in the run\'s folder is not the one that the run began with.', {
      hint: 'Put the files back as they were, or start a new run in another folder.',
    });
  }
  return first.runId;
}
