// A run's folder: where each file lies, and who may write there.

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PretextError } from '../../shared/errors/pretext-error.js';

export interface RunPaths {
  readonly folder: string;
  readonly recipe: string;
  readonly journal: string;
  readonly metrics: string;
  readonly quarantine: string;
  readonly logs: string;
  readonly report: string;
  /** Address and process of the coordinator at work; removed when it stops. */
  readonly coordinator: string;
}

export function pathsOf(folder: string): RunPaths {
  return {
    folder,
    recipe: join(folder, 'recipe.yaml'),
    journal: join(folder, 'journal.ndjson'),
    metrics: join(folder, 'metrics.ndjson'),
    quarantine: join(folder, 'quarantine.ndjson'),
    logs: join(folder, 'logs'),
    report: join(folder, 'report.json'),
    coordinator: join(folder, 'coordinator.json'),
  };
}

/** What each stage has of its own. */
export interface StagePaths {
  readonly manifest: string;
  readonly checkpoints: string;
}

/** Those of the first stage lie in the run's folder itself, where runs of one stage are looked for. */
export function stagePathsOf(folder: string, stage: number): StagePaths {
  const own = stage === 1 ? folder : join(folder, 'stages', String(stage));
  return { manifest: join(own, 'manifest.ndjson'), checkpoints: join(own, 'checkpoints') };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/**
 * Takes a run's folder. Throws RUN_EXISTS when it holds a run and `resume` is false, or when another coordinator is at work in
 * it; NOT_FOUND when there is nothing to resume.
 */
export async function claimRunFolder(paths: RunPaths, resume: boolean): Promise<void> {
  await mkdir(paths.logs, { recursive: true });
  const claim = await readIfThere(paths.coordinator);
  const pid = claim === undefined ? undefined : (JSON.parse(claim) as { pid: number }).pid;
  if (pid !== undefined && pid !== process.pid && isAlive(pid)) {
    throw new PretextError('RUN_EXISTS', `Another coordinator (process ${pid}) is at work in "${paths.folder}".`, {
      hint: 'Stop it first, or give another folder with --out.',
    });
  }
  const hasRun = (await readIfThere(paths.journal)) !== undefined;
  if (hasRun && !resume) {
    throw new PretextError('RUN_EXISTS', `"${paths.folder}" already holds a run.`, {
      hint: 'Go on with it by --resume, or give another folder with --out.',
    });
  }
  if (!hasRun && resume) {
    throw new PretextError('NOT_FOUND', `"${paths.folder}" holds no run to resume.`, { hint: 'Leave --resume out to start one.' });
  }
}

/** Says in the folder where the coordinator listens. */
export async function announce(paths: RunPaths, url: string): Promise<void> {
  await writeFile(paths.coordinator, `${JSON.stringify({ url, pid: process.pid })}\n`);
}

export async function withdraw(paths: RunPaths): Promise<void> {
  await rm(paths.coordinator, { force: true });
}
