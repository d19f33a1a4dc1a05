// Follows a coordinator's log through lost connections and restarts: every record once, in order.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Credentials } from '../../shared/client/credentials.js';
import { isCurable } from '../../shared/client/curable.js';
import { request } from '../../shared/client/request.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { LevelName } from '../../shared/log/levels.js';

export interface LogsQuestion {
  readonly worker?: string | undefined;
  readonly level?: LevelName | undefined;
  readonly since?: number | undefined;
  /** In milliseconds since 1970. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly follow: boolean;
}

export interface FollowOptions extends LogsQuestion {
  /** Called before each attempt, because a coordinator may come back at another address; undefined while there is none. */
  findUrl(): URL | undefined | Promise<URL | undefined>;
  /** Whether the run is over; called while there is no coordinator. */
  hasEnded(): boolean;
  readonly credentials?: Credentials | undefined;
  readonly signal?: AbortSignal;
  /** Gets each record, a line of JSON; the next is read when it is done. */
  onRecord(line: string): void | Promise<void>;
  /** Tells the user that the connection was lost or found. */
  onNote(note: string): void;
  /** For tests. Defaults: 250, 5000, 45000. */
  readonly firstPauseMs?: number;
  readonly longestPauseMs?: number;
  /** The coordinator gives a sign of life every 15 seconds; after this long without one the connection counts as lost. */
  readonly silenceMs?: number;
  /** How long the token's file is read again while what is in it is refused. Default: 120000, for Kubernetes takes so long to bring a new one. */
  readonly refusedMs?: number;
}

const MAX_LINE_CHARS = 1024 * 1024;

function pathOf({ worker, level, since, from, to, follow }: LogsQuestion): string {
  const query = new URLSearchParams();
  if (follow) query.set('follow', '1');
  if (worker !== undefined) query.set('worker', worker);
  if (level !== undefined) query.set('level', level);
  for (const [name, value] of Object.entries({ since, from, to })) if (value !== undefined) query.set(name, String(value));
  return `/logs?${query.toString()}`;
}

/** Whole lines of a stream; a line that a lost connection cut off is left out. */
async function* splitLines(body: ReadableStream<Uint8Array>, onBytes: () => void): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    onBytes();
    rest += decoder.decode(bytes, { stream: true });
    if (rest.length > MAX_LINE_CHARS && !rest.includes('\n')) throw new Error('a line without an end');
    const lines = rest.split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
}

interface Connection {
  readonly url: URL;
  /** The last record that is there already. */
  readonly since: number | undefined;
  onOpen(): void;
  onRecord(line: string): Promise<void>;
}

/** One connection. Returns true when the coordinator says that the run is over, or when `follow` is false. */
async function readOnce({ url, since, onOpen, onRecord }: Connection, options: FollowOptions): Promise<boolean> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error('silence')), options.silenceMs ?? 45_000);
  const signals = [silence.signal, ...(options.signal === undefined ? [] : [options.signal])];
  try {
    const response = await request({ url, ...options.credentials }, pathOf({ ...options, since }), {
      contentType: 'application/x-ndjson', signal: AbortSignal.any(signals),
    });
    onOpen();
    for await (const line of splitLines(response.body!, () => void timer.refresh())) {
      if (line === '{"end":true}') return true;
      if (line !== '') await onRecord(line);
      // A reader that prints slowly does not mean that the coordinator is silent.
      timer.refresh();
    }
    return !options.follow;
  } finally {
    clearTimeout(timer);
  }
}

/** Errors that waiting does not cure. After the first success an unreachable coordinator may be restarting. */
function isFinal(error: unknown, hasSucceeded: boolean, { credentials }: FollowOptions): boolean {
  if (!(error instanceof PretextError)) return false;
  const isRefused = error.code === 'BAD_TOKEN' || error.code === 'BAD_ARGUMENT';
  return !hasSucceeded || (isRefused && !isCurable(error, { ...credentials, hasBeenIn: true }));
}

/**
 * Reads logs until the run is over, until there is no more when `follow` is false, or until `signal` aborts. Each record once:
 * after a lost connection it asks for what comes after the last one. Throws what the first attempt throws, BAD_TOKEN and
 * BAD_ARGUMENT of any; where the token is in a file only once the file has had none that opens for two minutes.
 */
export async function followLogs(options: FollowOptions): Promise<void> {
  const { signal, firstPauseMs = 250, longestPauseMs = 5000, refusedMs = 120_000 } = options;
  let since = options.since;
  let hasSucceeded = false;
  let isLost = false;
  let pauseMs = firstPauseMs;
  /** Since when the token is refused. */
  let refusedSinceMs: number | undefined;
  const isAborted = (): boolean => signal?.aborted === true;

  async function onRecord(line: string): Promise<void> {
    const { id } = JSON.parse(line) as { id?: unknown };
    if (typeof id === 'number') since = id;
    await options.onRecord(line);
  }

  function onOpen(): void {
    if (isLost) options.onNote('connected again');
    hasSucceeded = true;
    isLost = false;
    refusedSinceMs = undefined;
    pauseMs = firstPauseMs;
  }

  /** Tries once. True when there is nothing more to come. */
  async function attempt(): Promise<boolean> {
    const url = await options.findUrl();
    if (url === undefined) return options.hasEnded();
    try {
      return await readOnce({ url, since, onOpen, onRecord }, options);
    } catch (error) {
      if (!isAborted() && (isFinal(error, hasSucceeded, options) || isRefusedForGood(error))) throw error;
      return options.hasEnded();
    }
  }

  /** Of what another token in the file would cure: says so the first time. */
  function isRefusedForGood(error: unknown): boolean {
    if (!(error instanceof PretextError) || (error.code !== 'BAD_TOKEN' && error.code !== 'BAD_ARGUMENT')) return false;
    if (refusedSinceMs === undefined) options.onNote(`${error.message} Tried again for ${Math.round(refusedMs / 1000)} seconds at most: its files may change.`);
    isLost = true;
    refusedSinceMs ??= performance.now();
    return performance.now() - refusedSinceMs > refusedMs;
  }

  while (!isAborted() && !(await attempt()) && !isAborted()) {
    if (!isLost) options.onNote('connection to the coordinator lost: waiting for it to come back');
    isLost = true;
    await sleep(pauseMs, undefined, signal && { signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}
