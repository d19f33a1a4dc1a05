// What `pretext pause`, `continue`, `drain`, `checkpoint` and `stop` do: ask the coordinator, wait until it is so, and say it.

import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { OperatorAction } from '../../coordinator/run/events.js';
import type { Endpoint } from '../../shared/client/endpoint.js';
import { explainStranger } from '../../shared/client/problems.js';
import { request, type RequestOptions } from '../../shared/client/request.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { escapeControls } from '../../shared/log/escape-controls.js';
import type { OperateFlags } from '../commands/operate.js';
import { askInTime } from './ask-in-time.js';
import { requireCoordinator } from './find-coordinator.js';
import { readCredentials } from './read-credentials.js';

export interface Operated {
  readonly worker: string | undefined;
  readonly run: string | undefined;
  readonly flags: OperateFlags;
  /** For tests, how long a worker may take to leave. */
  readonly leaveMs?: number;
}

const LOOK_EVERY_MS = 250;
const STATUS_TIMEOUT_MS = 10_000;
/** Large states take their time to be saved. */
const ANSWER_TIMEOUT_MS = 30 * 60_000;
/** A worker whose state is needed hands it over first, which takes it a minute at most. */
const LEAVE_TIMEOUT_MS = 60_000;

const answerSchema = z.looseObject({ state: z.string(), stage: z.number(), step: z.number(), path: z.string().optional(), workers: z.array(z.string()).optional() });
const statusSchema = z.object({ state: z.string(), stage: z.number(), step: z.number(), workers: z.array(z.object({ id: z.string() })) });
const errorSchema = z.object({ error: z.object({ code: z.enum(['BAD_ARGUMENT', 'DISK_FULL', 'NOT_FOUND', 'REFUSED']).catch('REFUSED'), message: z.string(), hint: z.string().optional() }) });

type Answer = z.infer<typeof answerSchema>;
type Status = z.infer<typeof statusSchema>;

/** Asks, and returns when what was asked for is so. Throws what the coordinator says, UNREACHABLE, BAD_TOKEN or REFUSED. */
export async function operate(action: OperatorAction, { worker, run, flags, leaveMs = LEAVE_TIMEOUT_MS }: Operated): Promise<void> {
  const { url, json = false } = flags;
  const credentials = readCredentials(flags, url, 'operator');
  const endpoint = { url: await requireCoordinator({ url, run, credentials }), ...credentials };
  const answer = await ask(endpoint, `/control/${action}${worker === undefined ? '' : `?worker=${encodeURIComponent(worker)}`}`);
  if (answer.state === 'pausing' && action === 'pause' && !json) process.stderr.write('the step in hand is being finished and saved\n');
  const last = { ...answer, ...await waitUntilSo(action, answer, { endpoint, leaveMs }) };
  if (action === 'pause' && last.state !== 'paused') throw explainUnpaused(last);
  process.stdout.write(json ? `${JSON.stringify(last)}\n` : `${escapeControls(describe(action, last))}\n`);
}

async function ask(endpoint: Endpoint, path: string): Promise<Answer> {
  const said = await fetchJson(endpoint, path, { method: 'POST', statuses: [409, 500] }, ANSWER_TIMEOUT_MS);
  const { error } = errorSchema.safeParse(said).data ?? {};
  if (error) throw new PretextError(error.code, error.message, dropUndefined({ hint: error.hint }));
  return read(answerSchema, said);
}

async function fetchJson(endpoint: Endpoint, path: string, options: RequestOptions, silenceMs: number): Promise<unknown> {
  try {
    return await askInTime(async (signal) => (await request(endpoint, path, { contentType: 'application/json', ...options, signal })).json(), { silenceMs });
  } catch (error) {
    throw error instanceof SyntaxError ? explainStranger(endpoint.url, 'answers with something else') : error;
  }
}

function read<Value>(schema: z.ZodType<Value>, said: unknown): Value {
  const parsed = schema.safeParse(said);
  if (parsed.success) return parsed.data;
  throw new PretextError('REFUSED', 'what answers does not speak as a coordinator of this version of Pretext.');
}

/** What is known at last; undefined where nothing was to be waited for, and where the coordinator is gone as it should. */
async function waitUntilSo(action: OperatorAction, { workers = [] }: Answer, { endpoint, leaveMs }: { readonly endpoint: Endpoint; readonly leaveMs: number }): Promise<Omit<Status, 'workers'> | undefined> {
  if (action === 'continue' || action === 'checkpoint') return undefined;
  const leftOf = (status: Status): string[] => status.workers.map(({ id }) => id).filter((id) => workers.includes(id));
  const isSo = (status: Status): boolean => (action === 'pause' ? status.state !== 'pausing' : action === 'drain' && leftOf(status).length === 0);
  const untilMs = performance.now() + leaveMs;
  for (;;) {
    const status = await askStatus(endpoint).catch((error: unknown) => {
      if (!(error instanceof PretextError) || error.code !== 'UNREACHABLE' || action === 'drain') throw error;
      if (action === 'stop') return undefined;
      throw new PretextError('REFUSED', 'the coordinator has taken the pause, and has ended meanwhile.', { hint: 'A run that ends before its step is over is not paused; its report says how it ended.', cause: error });
    });
    if (status === undefined) return undefined;
    const { state, stage, step } = status;
    if (isSo(status)) return { state, stage, step };
    if (action === 'drain' && performance.now() > untilMs) throw explainUndrained(leftOf(status), leaveMs);
    await sleep(LOOK_EVERY_MS);
  }
}

function explainUndrained(workers: readonly string[], leaveMs: number): PretextError {
  return new PretextError('REFUSED', `${workers.join(', ')}: told to leave ${Math.round(leaveMs / 1000)} seconds ago, and still there.`, {
    hint: 'A worker that was just connecting again has not heard it: ask once more. Its log says what it does.',
  });
}

/** Something else came in between. */
function explainUnpaused({ state, step }: Answer): PretextError {
  if (state === 'finished') return new PretextError('REFUSED', `the run has ended, at step ${step}: there is nothing to pause.`);
  return new PretextError('REFUSED', `the run is not paused but ${state}, at step ${step}: somebody has continued it.`);
}

async function askStatus(endpoint: Endpoint): Promise<Status> {
  return read(statusSchema, await fetchJson(endpoint, '/status', {}, STATUS_TIMEOUT_MS));
}

function describe(action: OperatorAction, { state, stage, step, path, workers = [] }: Answer): string {
  const at = `step ${step}${stage > 1 ? ` of stage ${stage}` : ''}`;
  switch (action) {
    case 'pause': return `paused after ${at}; pretext continue goes on`;
    case 'continue': return `goes on after ${at}`;
    case 'checkpoint': return `${at} is saved: ${path ?? ''}`;
    case 'drain': return `${workers.join(', ')} left`;
    case 'stop': return state === 'finished' ? 'the coordinator has ended; the run is complete' : `stopped at ${at}; go on by --resume`;
    default: return action satisfies never;
  }
}
