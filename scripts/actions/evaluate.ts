// What `pretext evaluate` does: evaluates in this process and prints the results.

import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { dropUndefined } from '../../shared/drop-undefined.js';
import type { EvaluateFlags } from '../commands/evaluate.js';
import { formatEvaluation } from '../format/evaluation.js';
import { evaluateRun } from './evaluate-run.js';
import { showProgress } from './show-progress.js';
import { stopOnSignals } from './stop-on-signals.js';

/** Throws PretextError as evaluateRun does. */
export async function printEvaluation(run: string, { checkpoint, data, probes, report, backend, json = false }: EvaluateFlags): Promise<void> {
  const result = await evaluateRun({
    run, backend, withAttentive: probes.includes('attentive'), signal: stopOnSignals(),
    ...dropUndefined({ checkpoint, data: data === undefined ? undefined : resolve(data) }),
    onProgress: showProgress,
  });
  if (report !== undefined) await writeFile(report, `${JSON.stringify(result, null, 2)}\n`);
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${formatEvaluation(result).join('\n')}\n`);
}
