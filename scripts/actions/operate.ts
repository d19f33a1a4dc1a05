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
}

const LOOK_EVERY_MS = 250;
const STATUS_TIMEOUT_MS = 10_000;
/** Large states take their time to be saved. */
const ANSWER_TIMEOUT_MS = 30 * 60_000;

const answerSchema = z.looseObject({ state: z.string(), stage: z.number(), step: z.number(), path: z.string().optional(), workers: z.array(z.string()).optional() });
const statusSchema = z.object({ state: z.string(), stage: z.number(), step: z.number(), workers: z.array(z.object({ id: z.string() })) });
const errorSchema = z.object({ error: z.object({ code: z.enum(['BAD_ARGUMENT', 'DISK_FULL', 'NOT_FOUND', 'REFUSED']).catch('REFUSED'), message: z.string(), hint: z.string().optional() }) });

type Answer = z.infer<typeof answerSchema>;
type Status = z.infer<typeof statusSchema>;

/** Asks, and returns when what was asked for is so. Throws what the coordinator says, UNREACHABLE, BAD_TOKEN or REFUSED. */
export async function operate(action: OperatorAction, { worker, run, flags }: Operated): Promise<void> {
  const { url, json = false } = flags;
  const credentials = readCredentials(flags, url);
  const endpoint = { url: await requireCoordinator({ url, run, credentials }), ...credentials };
  const answer = await ask(endpoint, `/control/${action}${worker === undefined ? '' : `?worker=${encodeURIComponent(worker)}`}`);
  if (answer.state === 'pausing' && action === 'pause' && !json) process.stderr.write('the step in hand is being finished and saved\n');
  const last = { ...answer, ...await waitUntilSo(action, answer, endpoint) };
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
async function waitUntilSo(action: OperatorAction, { workers = [] }: Answer, endpoint: Endpoint): Promise<Omit<Status, 'workers'> | undefined> {
  if (action === 'continue' || action === 'checkpoint') return undefined;
  const isSo = (status: Status): boolean => (action === 'pause' ? status.state !== 'pausing' : action === 'drain' && !status.workers.some(({ id }) => workers.includes(id)));
  for (;;) {
    const status = await askStatus(endpoint).catch((error: unknown) => {
      if (action === 'stop' && error instanceof PretextError && error.code === 'UNREACHABLE') return undefined;
      throw error;
    });
    if (status === undefined) return undefined;
    const { state, stage, step } = status;
    if (isSo(status)) return { state, stage, step };
    await sleep(LOOK_EVERY_MS);
  }
}

async function askStatus(endpoint: Endpoint): Promise<Status> {
  return read(statusSchema, await fetchJson(endpoint, '/status', {}, STATUS_TIMEOUT_MS));
}

function describe(action: OperatorAction, { state, stage, step, path, workers = [] }: Answer): string {
  const at = `step ${step}${stage > 1 ? ` of stage ${stage}` : ''}`;
  switch (action) {
    case 'pause': return state === 'paused' ? `paused after ${at}; pretext continue goes on` : `not paused: the run is ${state} at ${at}`;
    case 'continue': return `goes on after ${at}`;
    case 'checkpoint': return `${at} is saved: ${path ?? ''}`;
    case 'drain': return `${workers.join(', ')} left`;
    case 'stop': return state === 'finished' ? 'the coordinator has ended; the run is complete' : `stopped at ${at}; go on by --resume`;
    default: return action satisfies never;
  }
}
