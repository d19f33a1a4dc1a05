// `pretext evaluate`: what a checkpoint has learnt: the pretext task on held-out items, kNN and a linear probe on its features.

import type { Command } from 'commander';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { evaluateAction } from '../actions/evaluate.js';
import { formatEvaluation } from '../format/evaluation.js';
import { backendOption, jsonOption, levelOption, type CommonFlags, type CommonOptions } from './options.js';
import { checkRunFolder } from './run-folders.js';
import { stopOnSignals } from './stop-on-signals.js';

export interface EvaluateOptions extends CommonOptions {
  /** The run's folder. */
  readonly run: string;
  /** A checkpoint of it; the newest when undefined. */
  readonly checkpoint: string | undefined;
  /** Other data than the run's own; absolute. */
  readonly data: string | undefined;
  readonly report: string | undefined;
  readonly backend: string;
}

type Flags = CommonFlags & { checkpoint?: string; data?: string; report?: string; backend: string };

const EXAMPLES = `
Examples:
  pretext evaluate runs/2026-11-23-183005
  pretext evaluate runs/2026-11-23-183005 --data labelled-videos --json
`;

export function addEvaluateCommand(program: Command): void {
  program
    .command('evaluate')
    .argument('<run>', "the run's folder")
    .description('measure what a run has learnt')
    .option('--checkpoint <file>', 'which checkpoint (default: the newest)')
    .option('--data <dir>', "other data than the run's own")
    .option('--report <file>', 'write the results here too')
    .addOption(backendOption())
    .addOption(levelOption())
    .addOption(jsonOption('the results'))
    .addHelpText('after', EXAMPLES)
    .action(async (run: string, flags: Flags) => {
      const { checkpoint, report, backend, json = false, level } = flags;
      const data = flags.data === undefined ? undefined : resolve(flags.data);
      await runCommand({ run: checkRunFolder(run), checkpoint, data, report, backend, json, level });
    });
}

/** Evaluates and prints the results. */
export async function runCommand({ run, checkpoint, data, report, backend, json }: EvaluateOptions): Promise<void> {
  const result = await evaluateAction({
    run, backend, signal: stopOnSignals(),
    ...dropUndefined({ checkpoint, data }),
    onProgress: (what) => { if (process.stderr.isTTY) process.stderr.write(`${what}\n`); },
  });
  if (report !== undefined) await writeFile(report, `${JSON.stringify(result, null, 2)}\n`);
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${formatEvaluation(result).join('\n')}\n`);
}
