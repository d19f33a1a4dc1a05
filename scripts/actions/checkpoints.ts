// What `pretext checkpoints` and `pretext checkpoints fetch` do.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readJournal } from '../../coordinator/journal/journal.js';
import { loadRun } from '../../coordinator/run/prepare.js';
import { describeCheckpoints, type CheckpointList } from '../../coordinator/server/serve-run.js';
import type { Endpoint } from '../../shared/client/endpoint.js';
import { request } from '../../shared/client/request.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { CheckpointsFlags, FetchFlags } from '../commands/checkpoints.js';
import { formatCheckpoints, formatSize } from '../format/checkpoints.js';
import { formatLines } from '../format/lines.js';
import { prepareFile } from '../measure/prepare-file.js';
import { askInTime } from './ask-in-time.js';
import { download, persist, SILENCE_MS } from './download-checkpoint.js';
import { findCoordinator } from './find-coordinator.js';
import { readCredentials } from './read-credentials.js';
import { requireNewestRun } from './run-folders.js';
import { stopOnSignals } from './stop-on-signals.js';

const number = z.number().int().min(0);

const listSchema = z.object({
  run: z.string(),
  name: z.string().optional(),
  checkpoints: z.array(z.object({ stage: number, step: number, bytes: number, saved: z.string(), state: z.string(), isBest: z.boolean() })),
});

type Listed = z.output<typeof listSchema>;
type ListedCheckpoint = Listed['checkpoints'][number];

/** For tests, `silenceMs` is how long the coordinator may say nothing. */
export async function askList(endpoint: Endpoint, limits: { readonly signal?: AbortSignal; readonly silenceMs?: number } = {}): Promise<Listed> {
  const answer: unknown = await askInTime(async (signal) => (await request(endpoint, '/checkpoints', { contentType: 'application/json', signal })).json(), { silenceMs: SILENCE_MS, ...limits });
  const parsed = listSchema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new PretextError('REFUSED', 'what answers is no list of checkpoints: is the coordinator of another version?');
}

async function readList(folder: string): Promise<CheckpointList> {
  const { recipe: { name }, stages, paths } = await loadRun(folder);
  const { entries } = await readJournal(paths.journal);
  const [first] = entries;
  return describeCheckpoints({ runId: first?.type === 'run' ? first.runId : '', name, stages, journal: { entries } });
}

/** Prints the list. Throws NOT_FOUND, UNREACHABLE, BAD_TOKEN or REFUSED. */
export async function printCheckpoints(run: string | undefined, flags: CheckpointsFlags): Promise<void> {
  const { url, json = false } = flags;
  const credentials = readCredentials(flags, url);
  const found = await findCoordinator({ url, run, credentials });
  const list = found === undefined ? await readList(run ?? requireNewestRun()) : await askList({ url: found, ...credentials });
  process.stdout.write(json ? `${JSON.stringify(list)}\n` : formatLines(formatCheckpoints(list.checkpoints)));
}

/** Throws NOT_FOUND where the run has none that is meant. */
export function choose(checkpoints: readonly ListedCheckpoint[], { stage, step, best = false }: Pick<FetchFlags, 'stage' | 'step' | 'best'>): ListedCheckpoint {
  const isMeant = (each: ListedCheckpoint): boolean => (stage === undefined || each.stage === stage) && (step === undefined || each.step === step) && (!best || each.isBest);
  const chosen = checkpoints.findLast(isMeant);
  if (chosen) return chosen;
  const what = [best ? 'best checkpoint' : 'checkpoint', ...(step === undefined ? [] : [`of step ${step}`]), ...(stage === undefined ? [] : [`of stage ${stage}`])].join(' ');
  throw new PretextError('NOT_FOUND', `the run has no ${what}.`, { hint: checkpoints.length === 0 ? 'Wait for the first one.' : 'pretext checkpoints lists those that it has: older ones are removed as it goes on.' });
}

/** A name that no coordinator can lead out of this folder. */
export function nameFile({ run, name, checkpoints }: Listed, { stage, step }: ListedCheckpoint): string {
  const safe = (name ?? `run-${run.slice(0, 8)}`).replaceAll(/[^\w-]+/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 64);
  const ofStage = checkpoints.some((each) => each.stage !== 1) ? `-stage-${stage}` : '';
  return `${safe === '' ? 'run' : safe}${ofStage}-step-${String(step).padStart(6, '0')}.safetensors`;
}

/** Throws NOT_FOUND, UNREACHABLE, BAD_TOKEN, BAD_STATE where what came is not what the run saved, DISK_FULL or REFUSED. */
export async function fetchCheckpoint(run: string | undefined, flags: FetchFlags): Promise<void> {
  const { url, json = false, out } = flags;
  const credentials = readCredentials(flags, url);
  const signal = stopOnSignals();
  const endpoint = async (): Promise<Endpoint> => {
    const found = await findCoordinator({ url, run, credentials });
    if (found) return { url: found, ...credentials };
    throw new PretextError('UNREACHABLE', `no coordinator is at work in "${run}".`, { hint: 'Its checkpoints are files in that folder: pretext checkpoints lists them.' });
  };
  const onNote = (note: string): void => void process.stderr.write(formatLines([note]));
  // Where there is none at the start, none is waited for.
  await endpoint();
  const list = await persist({ signal, onNote }, async () => askList(await endpoint(), { signal }));
  const checkpoint = choose(list.checkpoints, flags);
  const name = nameFile(list, checkpoint);
  const isFolder = out !== undefined && statSync(out, { throwIfNoEntry: false })?.isDirectory() === true;
  const file = isFolder ? join(out, name) : out ?? name;
  await prepareFile(file);
  const { sha256 } = await download({ endpoint, checkpoint, out: file, signal, onNote, onProgress: createProgressLine(checkpoint.bytes) });
  const { stage, step, bytes, state } = checkpoint;
  process.stdout.write(json ? `${JSON.stringify({ file, stage, step, bytes, sha256, state })}\n` : formatLines([file]));
}

const REDRAW_MS = 200;

/** One line that is drawn anew, where somebody watches. */
function createProgressLine(total: number): (done: number) => void {
  if (!process.stderr.isTTY) return () => {};
  let drawnMs = -Infinity;
  return (done) => {
    if (done < total && performance.now() - drawnMs < REDRAW_MS) return;
    drawnMs = performance.now();
    process.stderr.write(`\r${formatSize(done)} of ${formatSize(total)} (${Math.floor((100 * done) / Math.max(1, total))} %)${done < total ? '   ' : '   \n'}`);
  };
}
