// One run of a label curve: trained unless it is there already, and measured on the held-out items.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lister } from '../../coordinator/run/complete-stage.js';
import { countAllSteps, countSteps } from '../../coordinator/run/status.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { writeWhole } from '../../shared/write-whole.js';
import type { CurveFlags } from '../commands/curve.js';
import { createProgress } from '../format/progress.js';
import { describeInit } from '../format/report.js';
import type { Answered } from '../measure/answer-items.js';
import { digestTrunk } from '../measure/digest-trunk.js';
import { answerApart } from '../processes/measure-apart.js';
import { pretrain, type FullReport } from './pretrain.js';
import type { PreparedRun } from './prepare-curve.js';
import { readResources } from './read-resources.js';

/** What one run came to. */
export interface Came extends Answered {
  /** Of the final values. */
  readonly digest: string;
  /** Of those of the trunk alone. */
  readonly trunkDigest: string;
  readonly stages: readonly { readonly steps: number; readonly init: string }[];
  readonly samplesPerSecond?: number;
}

export interface ContenderOptions {
  readonly flags: CurveFlags;
  readonly out: string;
  readonly list: Lister;
  readonly signal: AbortSignal;
  /** What is shown while it runs. */
  readonly title: string;
}

/** Goes on with a run that was stopped. Throws PretextError as a run does, BAD_ARGUMENT where the folder has another run. */
export async function runContender(run: PreparedRun, options: ContenderOptions): Promise<Came> {
  const report = await train(run, options);
  const answered = await answer(report, options);
  return {
    ...answered, digest: report.digest, trunkDigest: await digestTrunk(report.checkpoint),
    stages: report.stages.map((stage) => ({ steps: stage.steps, init: describeInit(stage) })),
    ...dropUndefined({ samplesPerSecond: report.samplesPerSecond }),
  };
}

async function train({ parsed: { recipe, locates } }: PreparedRun, { flags, out, list, signal, title }: ContenderOptions): Promise<FullReport> {
  const { workers, backend, threads, level } = flags;
  const progress = process.stderr.isTTY ? createProgress({ steps: countAllSteps(recipe) }) : undefined;
  progress?.stream.write(`${title}\n`);
  try {
    return await pretrain({
      recipe, locates, list, out, mode: 'resumeOrStart', workers, backend, threads, level, signal, resources: readResources(flags),
      host: '127.0.0.1', port: 0, insecure: false, isEvaluated: false, ...dropUndefined({ logStream: progress?.stream }),
      onProgress: (status) => progress?.update({ ...status, step: countSteps(recipe, status), workers: undefined }),
    });
  } finally {
    progress?.stop();
  }
}

/** As they were kept, where they are of the same values. */
async function answer({ digest, checkpoint }: FullReport, { flags, out, signal }: ContenderOptions): Promise<Answered> {
  const path = join(out, 'answers.json');
  const kept = await readKept(path);
  if (kept?.digest === digest) return kept;
  const answered = await answerApart({ run: out, checkpoint, backend: flags.backend, signal });
  await writeWhole(path, [`${JSON.stringify({ digest, ...answered })}\n`]);
  return answered;
}

async function readKept(path: string): Promise<(Answered & { readonly digest: string }) | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Answered & { readonly digest: string };
  } catch {
    return undefined;
  }
}
