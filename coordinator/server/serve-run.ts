// What a run has to show beside status and log: its report, the page, its checkpoints.

import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { hashFile } from '../../shared/checkpoint/hash-file.js';
import { listSaved, type SavedCheckpoint, type StageOfCheckpoints } from '../checkpoints/list-saved.js';
import type { JournalEntry } from '../journal/entries.js';
import type { RunPaths } from '../run/folder.js';
import type { Handler, Route } from './routes.js';
import { sendFile } from './send-file.js';

export interface ServedRun {
  readonly runId: string;
  /** Of the recipe. */
  readonly name: string | undefined;
  readonly paths: Pick<RunPaths, 'report' | 'page'>;
  readonly stages: readonly StageOfCheckpoints[];
  readonly journal: { readonly entries: readonly JournalEntry[] };
}

/** What `GET /checkpoints` says. */
export interface CheckpointList {
  readonly run: string;
  readonly name?: string;
  readonly checkpoints: readonly Omit<SavedCheckpoint, 'path'>[];
}

const NOT_YET = 'The run is not over: GET /status says where it is.\n';
const NO_PAGE = 'There is no page of this run yet: it is written when the run ends.\n';
const NO_CHECKPOINT = 'The run has no such checkpoint, or has it no longer: GET /checkpoints lists those that there are.\n';

/** The routes of a run's results. */
export function createRunRoutes(run: ServedRun): Route[] {
  const hashOf = createHashes();
  return [
    { method: 'GET', path: '/report', role: 'viewer', handle: guard((request, response) => sendOrSay(request, response, { path: run.paths.report, contentType: 'application/json', otherwise: NOT_YET })) },
    { method: 'GET', path: '/report.html', role: 'viewer', handle: guard((request, response) => sendOrSay(request, response, { path: run.paths.page, contentType: 'text/html; charset=utf-8', otherwise: NO_PAGE })) },
    {
      method: 'GET', path: '/checkpoints', role: 'viewer',
      handle: guard(async (_request, response) => {
        const list = await describeCheckpoints(run);
        response.writeHead(200, { 'content-type': 'application/json' }).end(`${JSON.stringify(list)}\n`);
      }),
    },
    { method: 'GET', path: '/checkpoints/:stage/:step', role: 'viewer', handle: guard((request, response, [stage, step]) => sendCheckpoint(request, response, { run, stage: stage!, step: step!, hashOf })) },
  ];
}

export async function describeCheckpoints({ runId, name, stages, journal }: Omit<ServedRun, 'paths'>): Promise<CheckpointList> {
  const saved = await listSaved(stages, journal.entries);
  return { run: runId, ...(name === undefined ? {} : { name }), checkpoints: saved.map(({ stage, step, bytes, saved: time, state, isBest }) => ({ stage, step, bytes, saved: time, state, isBest })) };
}

type AsyncHandler = (...of: Parameters<Handler>) => Promise<void>;

/** A file that goes away meanwhile ends the answer, nothing else. */
function guard(handle: AsyncHandler): Handler {
  return (request, response, parameters) => {
    handle(request, response, parameters).catch(() => response.destroy());
  };
}

function say(response: ServerResponse, text: string): void {
  response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}

async function sendOrSay(request: IncomingMessage, response: ServerResponse, { path, contentType, otherwise }: { path: string; contentType: string; otherwise: string }): Promise<void> {
  const file = await stat(path).catch(() => undefined);
  if (file?.isFile()) sendFile(request, response, { path, bytes: file.size, contentType });
  else say(response, otherwise);
}

interface WantedCheckpoint {
  readonly run: ServedRun;
  readonly stage: number;
  readonly step: number;
  readonly hashOf: (path: string) => Promise<string>;
}

/** Its tag is the SHA-256 of the file: whoever has the whole can tell that it is. */
async function sendCheckpoint(request: IncomingMessage, response: ServerResponse, { run, stage, step, hashOf }: WantedCheckpoint): Promise<void> {
  const saved = await listSaved(run.stages.filter(({ number }) => number === stage), run.journal.entries);
  const found = saved.find((each) => each.step === step);
  if (!found) return say(response, NO_CHECKPOINT);
  const tag = await hashOf(found.path);
  sendFile(request, response, { path: found.path, bytes: found.bytes, tag, saveAs: `stage-${stage}-step-${step}.safetensors` });
}

const MOST_HASHES = 32;

/** Hashes of files, each read once as long as it is the same file. */
function createHashes(): (path: string) => Promise<string> {
  const known = new Map<string, Promise<string>>();
  return async (path) => {
    const { ino, size, mtimeMs } = await stat(path);
    const key = `${path} ${ino} ${size} ${mtimeMs}`;
    const hash = known.get(key) ?? hashFile(path);
    known.delete(key);
    known.set(key, hash);
    hash.catch(() => known.delete(key));
    if (known.size > MOST_HASHES) known.delete(known.keys().next().value!);
    return hash;
  };
}
