// What `pretext run` and `pretext coordinator` share: signals, progress, the report in words.

import { dropUndefined } from '../../shared/drop-undefined.js';
import type { LevelName } from '../../shared/log/levels.js';
import type { Locate } from '../../shared/recipe/locate.js';
import type { RunRecipe } from '../../shared/recipe/stages.js';
import type { Resources } from '../../worker/data/resources.js';
import { countSteps } from '../../coordinator/run/status.js';
import { runAction } from '../actions/run.js';
import { formatReport } from '../format/report.js';
import { createProgress, type Progress } from '../format/progress.js';
import { stopOnSignals } from './stop-on-signals.js';

export interface RunToReportOptions {
  readonly recipe: RunRecipe;
  /** Where each stage's values come from, for errors. */
  readonly locates?: readonly Locate[];
  readonly out: string;
  readonly resume: boolean;
  readonly report: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly token?: string | undefined;
  readonly viewerToken?: string | undefined;
  readonly insecure: boolean;
  readonly workers: number;
  readonly backend: string;
  readonly threads?: number;
  readonly resources?: Partial<Resources>;
  readonly isEvaluated: boolean;
  readonly json: boolean;
  readonly level: LevelName;
  /** Progress even where stderr is no terminal, which gets the log alone otherwise. */
  readonly isProgressShown?: boolean;
}

/** Runs, shows progress on a terminal's stderr or the log on a pipe's, prints the report on stdout. */
export async function runToReport(options: RunToReportOptions): Promise<void> {
  const { recipe, json, report, token, viewerToken, isProgressShown = process.stderr.isTTY, ...rest } = options;
  const progress = isProgressShown ? createProgress({ steps: countSteps(recipe, { stage: recipe.stages.length + 1, step: 0 }) }) : undefined;
  try {
    const result = await runAction({
      ...rest,
      ...dropUndefined({ report, token, viewerToken, logStream: progress?.stream }),
      recipe,
      signal: stopOnSignals(),
      onStart: ({ url, paths }) => progress?.stream.write(introduce(url, paths.folder)),
      onProgress: (status) => progress?.update({ ...status, step: countSteps(recipe, status), workers: status.workers.filter(({ state }) => state === 'active').length }),
      onEvaluation: (what) => sayAfter(progress, what),
    });
    progress?.stop();
    process.stdout.write(json ? `${JSON.stringify(result)}\n` : formatReport(result));
  } finally {
    progress?.stop();
  }
}

function introduce(url: string, folder: string): string {
  return `Run folder ${folder}\nAttach a worker:  pretext worker --join ${url}\nFollow the log:   pretext logs --follow --url ${url}\n`;
}

function sayAfter(progress: Progress | undefined, what: string): void {
  progress?.stop();
  if (progress) process.stderr.write(`${what}\n`);
}
