// A run's folder: where each file lies.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

export interface RunPaths {
  readonly folder: string;
  readonly recipe: string;
  readonly journal: string;
  readonly metrics: string;
  readonly quarantine: string;
  readonly looks: string;
  readonly logs: string;
  readonly report: string;
  /** The report for people. */
  readonly page: string;
  /** Process and address of the coordinator at work; removed when it stops. */
  readonly coordinator: string;
  /** There while the run is paused. */
  readonly paused: string;
}

export function pathsOf(folder: string): RunPaths {
  return {
    folder,
    recipe: join(folder, 'recipe.yaml'),
    journal: join(folder, 'journal.ndjson'),
    metrics: join(folder, 'metrics.ndjson'),
    quarantine: join(folder, 'quarantine.ndjson'),
    looks: join(folder, 'looks.ndjson'),
    logs: join(folder, 'logs'),
    report: join(folder, 'report.json'),
    page: join(folder, 'report.html'),
    coordinator: join(folder, 'coordinator.json'),
    paused: join(folder, 'paused'),
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

/** `resumeOrStart` is for those who start a run again and again until it is over. */
export type RunMode = 'start' | 'resume' | 'resumeOrStart';

/** True when a run has begun in the folder. */
export function hasRun({ journal }: RunPaths): boolean {
  return existsSync(journal);
}
