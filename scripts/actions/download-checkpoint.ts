// A checkpoint from a coordinator to a file: through lost connections and restarts, from where an earlier try was cut off, and there only when it is
// what the run saved.

import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestsOfCheckpoint } from '../../coordinator/checkpoints/checkpoint-digest.js';
import { hashFile } from '../../shared/checkpoint/hash-file.js';
import type { Endpoint } from '../../shared/client/endpoint.js';
import { request } from '../../shared/client/request.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { explainDiskError } from '../../shared/errors/disk-error.js';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';
import { askInTime } from './ask-in-time.js';

export interface DownloadOptions {
  /** Asked before each try: a coordinator may come back at another address, or with another token. */
  endpoint(): Promise<Endpoint>;
  readonly checkpoint: { readonly stage: number; readonly step: number; /** SHA-256 of the flat state. */ readonly state: string };
  readonly out: string;
  readonly signal: AbortSignal;
  /** Bytes that are here. */
  onProgress(done: number): void;
  onNote(note: string): void;
  /** For tests. Defaults: 250 and 45000. */
  readonly firstPauseMs?: number;
  readonly silenceMs?: number;
}

/** Tries that bring nothing, one after another. */
const MOST_TRIES = 9;
const LONGEST_PAUSE_MS = 5000;
export const SILENCE_MS = 45_000;
const GONE = 404;
const WHOLE = 200;

interface Remote {
  /** SHA-256 of the file. */
  readonly tag: string;
  readonly bytes: number;
}

/** Throws PretextError NOT_FOUND, UNREACHABLE, BAD_TOKEN, BAD_STATE, DISK_FULL, REFUSED or CANCELLED. */
export async function download(options: DownloadOptions): Promise<{ readonly sha256: string }> {
  const { out, checkpoint, checkpoint: { state, step }, onProgress } = options;
  const kept = explainKept(checkpoint);
  const remote = await persist(options, () => askRemote(options), { kept });
  const partial = `${out}.${remote.tag.slice(0, 16)}.partial`;
  let done = Math.min(remote.bytes, (await stat(partial).catch(() => undefined))?.size ?? 0);
  if (done > 0) options.onNote('goes on where an earlier fetch was cut off');
  await persist(options, async () => {
    if (done < remote.bytes) await fetchRest({ options, remote, partial, done, onBytes: (bytes) => onProgress(done = bytes) });
    if (done < remote.bytes) throw new Error('it ended early');
  }, { kept, progress: () => done });
  onProgress(remote.bytes);
  if ((await hashFile(partial)) !== remote.tag) {
    await rm(partial, { force: true });
    throw new PretextError('BAD_STATE', 'what came is not what the coordinator has: it was changed on the way, or by a disk.', { hint: 'Fetch it again.' });
  }
  const digests = await digestsOfCheckpoint(partial);
  if (digests.state !== state) {
    throw new PretextError('BAD_STATE', `the coordinator's checkpoint of step ${step} is not what its journal says: its disk has damaged it.`, { hint: `Fetch another one. What came is kept in "${partial}".` });
  }
  await rename(partial, out);
  return { sha256: remote.tag };
}

/** The newest and the best are others by the time of the next try. */
function explainKept({ stage, step }: DownloadOptions['checkpoint']): string {
  return `What has come is kept: the same command with --stage ${stage} --step ${step} goes on with it.`;
}

interface Persistence {
  /** Bytes that are here. */
  progress?(): number;
  /** What is kept of a fetch that ends early. */
  readonly kept?: string;
}

/** Tries again what waiting may cure, as long as `progress` moves and somewhat longer. */
export async function persist<Result>(
  { signal, onNote, firstPauseMs = 250 }: Pick<DownloadOptions, 'signal' | 'onNote' | 'firstPauseMs'>, work: () => Promise<Result>, { progress = () => 0, kept }: Persistence = {},
): Promise<Result> {
  let tries = 0;
  let before = progress();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) throw new PretextError('CANCELLED', 'The fetch was stopped.', dropUndefined({ hint: kept }));
      if (error instanceof PretextError && error.code !== 'UNREACHABLE') throw error;
      if (progress() > before) tries = 0;
      before = progress();
      tries += 1;
      if (tries >= MOST_TRIES) throw explainGivenUp(error, before > 0 ? kept : undefined);
      if (tries === 1) onNote('connection to the coordinator lost: trying again');
      await sleep(Math.min(firstPauseMs * 2 ** (tries - 1), LONGEST_PAUSE_MS), undefined, { signal }).catch(() => {});
    }
  }
}

function explainGivenUp(error: unknown, kept: string | undefined): PretextError {
  const hint = kept ?? (error instanceof PretextError ? error.hint : undefined);
  return new PretextError('UNREACHABLE', `the checkpoint cannot be fetched: ${messageOf(error)}`, { cause: error, ...dropUndefined({ hint }) });
}

const pathOf = ({ stage, step }: DownloadOptions['checkpoint']): string => `/checkpoints/${stage}/${step}`;

async function askRemote({ endpoint, checkpoint, signal, silenceMs = SILENCE_MS }: DownloadOptions): Promise<Remote> {
  const from = await endpoint();
  const response = await askInTime((limit) => request(from, pathOf(checkpoint), { method: 'HEAD', statuses: [GONE], signal: limit }), { signal, silenceMs });
  if (response.status === GONE) throw explainGone(checkpoint);
  const tag = /^"([0-9a-f]{64})"$/.exec(response.headers.get('etag') ?? '')?.[1];
  const bytes = Number(response.headers.get('content-length') ?? Number.NaN);
  if (tag !== undefined && Number.isSafeInteger(bytes)) return { tag, bytes };
  throw new PretextError('REFUSED', 'what answers is no checkpoint: is the coordinator of another version?');
}

function explainGone({ step }: DownloadOptions['checkpoint']): PretextError {
  return new PretextError('NOT_FOUND', `the coordinator no longer has the checkpoint of step ${step}: the run has gone on.`, { hint: 'Fetch a newer one, or have more of them kept by checkpoint.keep.' });
}

interface Rest {
  readonly options: DownloadOptions;
  readonly remote: Remote;
  readonly partial: string;
  readonly done: number;
  onBytes(done: number): void;
}

/** Adds what comes to the file. */
async function fetchRest({ options: { endpoint, checkpoint, signal, silenceMs = SILENCE_MS }, remote, partial, done: before, onBytes }: Rest): Promise<void> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error('nothing more came')), silenceMs);
  try {
    const response = await request(await endpoint(), pathOf(checkpoint), {
      headers: { range: `bytes=${before}-`, 'if-range': `"${remote.tag}"` }, statuses: [GONE], signal: AbortSignal.any([signal, silence.signal]),
    });
    if (response.status === GONE) throw explainGone(checkpoint);
    if (response.headers.get('etag') !== `"${remote.tag}"`) {
      await response.body?.cancel();
      throw new PretextError('BAD_STATE', `the coordinator has written another checkpoint of step ${checkpoint.step} meanwhile.`, { hint: 'Fetch it again.' });
    }
    const file = await openAt(partial, response.status === WHOLE ? 0 : before);
    try {
      let done = response.status === WHOLE ? 0 : before;
      for await (const chunk of response.body! as AsyncIterable<Uint8Array>) {
        timer.refresh();
        if (done + chunk.length > remote.bytes) throw new PretextError('REFUSED', 'the coordinator sends more than it said.');
        await write(file, chunk, { path: partial, position: done });
        done += chunk.length;
        onBytes(done);
      }
    } finally {
      await file.close();
    }
  } finally {
    clearTimeout(timer);
  }
}

async function openAt(path: string, bytes: number): Promise<FileHandle> {
  const file = await open(path, bytes === 0 ? 'w' : 'r+').catch((error: unknown) => { throw explain(error, path); });
  await file.truncate(bytes);
  return file;
}

async function write(file: FileHandle, chunk: Uint8Array, { path, position }: { readonly path: string; readonly position: number }): Promise<void> {
  try {
    for (let offset = 0; offset < chunk.length;) offset += (await file.write(chunk, offset, chunk.length - offset, position + offset)).bytesWritten;
  } catch (error) {
    throw explain(error, path);
  }
}

/** Not to be tried again. */
function explain(error: unknown, path: string): PretextError {
  const explained = explainDiskError(error, path);
  return explained instanceof PretextError ? explained : new PretextError('REFUSED', `Cannot write "${path}": ${messageOf(error)}.`, { cause: error });
}
