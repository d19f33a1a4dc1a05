// What `pretext evaluate` does: evaluates in this process and prints the results.

import { resolve } from 'node:path';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { writeWhole } from '../../shared/write-whole.js';
import type { EvaluateFlags } from '../commands/evaluate.js';
import { formatEvaluation } from '../format/evaluation.js';
import { formatLines } from '../format/lines.js';
import { prepareFile } from '../measure/prepare-file.js';
import { evaluateRun } from './evaluate-run.js';
import { showProgress } from './show-progress.js';
import { stopOnSignals } from './stop-on-signals.js';

/** Throws PretextError as evaluateRun does, and as prepareFile for a report that cannot be written. */
export async function printEvaluation(run: string, { checkpoint, data, probes, report, backend, json = false }: EvaluateFlags): Promise<void> {
  if (report !== undefined) await prepareFile(report, { flag: '--report' });
  const result = await evaluateRun({
    run, backend, withAttentive: probes.includes('attentive'), signal: stopOnSignals(),
    ...dropUndefined({ checkpoint, data: data === undefined ? undefined : resolve(data) }),
    onProgress: showProgress,
  });
  if (report !== undefined) await writeWhole(report, [`${JSON.stringify(result, null, 2)}\n`]);
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : formatLines(formatEvaluation(result)));
}
