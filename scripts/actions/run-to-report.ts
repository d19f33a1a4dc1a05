// What `pretext run` and `pretext coordinator` share: signals, progress, the report in words.

import { countAllSteps, countSteps } from '../../coordinator/run/status.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import type { RunRecipe } from '../../shared/recipe/stages.js';
import { formatLines } from '../format/lines.js';
import { formatReport } from '../format/report.js';
import { createProgress, type Progress } from '../format/progress.js';
import { openTrainerStatus } from '../kubernetes/trainer-status.js';
import { pretrain, type FullReport, type PretrainOptions } from './pretrain.js';
import { stopOnSignals } from './stop-on-signals.js';

export interface RunToReportOptions extends Omit<PretrainOptions, 'signal' | 'logStream' | 'onStart' | 'onProgress' | 'onEvaluation' | 'onReport' | 'onListing'> {
  readonly recipe: RunRecipe;
  readonly json: boolean;
  /** Progress even where stderr is no terminal, which gets the log alone otherwise. */
  readonly isProgressShown?: boolean;
  /** Default: that of the signals of this process. */
  readonly signal?: AbortSignal;
}

/** Runs, shows progress on a terminal's stderr or the log on a pipe's, prints the report on stdout and resolves with it. */
export async function runToReport(options: RunToReportOptions): Promise<FullReport> {
  const { json, isProgressShown = process.stderr.isTTY, ...rest } = options;
  let { recipe } = options;
  const progress = isProgressShown ? createProgress({ steps: countAllSteps(recipe) }) : undefined;
  const trainer = openTrainerStatus(process.env);
  const signal = options.signal ?? stopOnSignals();
  const show = async (result: FullReport): Promise<void> => {
    progress?.stop();
    await trainer?.finish();
    const { tryRunPage } = await import('./write-run-page.js');
    const page = await tryRunPage({
      run: options.out, hasPictures: options.isEvaluated, backend: options.backend, signal, onNote: (note) => process.stderr.write(formatLines([note])),
    });
    process.stdout.write(json ? `${JSON.stringify(result)}\n` : formatReport(result) + formatLines(page === undefined ? [] : [`page        ${page}`]));
  };
  try {
    const result = await pretrain({
      ...rest,
      ...dropUndefined({ logStream: progress?.stream }),
      signal,
      onStart({ url, paths, recipe: chosen, getStatus }) {
        recipe = chosen;
        progress?.setSteps(countAllSteps(chosen));
        progress?.stream.write(introduce(url, paths.folder, getStatus().state === 'finished'));
      },
      onProgress(status) {
        const step = countSteps(recipe, status);
        progress?.update({ ...status, step, workers: status.workers.filter(({ state }) => state === 'active').length });
        trainer?.report({ done: step, steps: countAllSteps(recipe), etaS: status.etaS, loss: status.loss });
      },
      onEvaluation: (what) => sayAfter(progress, what),
      onReport: show,
    });
    if (options.keepServing !== true) await show(result);
    return result;
  } finally {
    progress?.stop();
  }
}

function introduce(url: string, folder: string, isFinished: boolean): string {
  if (isFinished) return `Run folder ${folder}\nThe run is complete. It is served at ${url} until this is stopped.\n`;
  return `Run folder ${folder}\nAttach a worker:  pretext worker --join ${url}\nFollow the log:   pretext logs --follow --url ${url}\n`;
}

function sayAfter(progress: Progress | undefined, what: string): void {
  progress?.stop();
  if (progress) process.stderr.write(formatLines([what]));
}
