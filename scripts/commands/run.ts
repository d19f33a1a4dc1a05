// `pretext run`: a coordinator and its workers on this machine, in one command.

import type { Command } from 'commander';
import { loadRecipe, type LoadedRecipe } from './load-recipe.js';
import { runToReport } from './run-to-report.js';
import {
  addRecipeOptions, addResourceOptions, backendOption, jsonOption, levelOption, parseCount, readResources, threadsOption,
  type CommonFlags, type CommonOptions, type RecipeFlags, type ResourceFlags,
} from './options.js';
import type { Resources } from '../../worker/data/resources.js';

export interface RunOptions extends LoadedRecipe, CommonOptions {
  readonly resume: boolean;
  /** Another place for the report, beside the run's folder. */
  readonly report: string | undefined;
  readonly workers: number;
  readonly backend: string;
  readonly threads: number;
  readonly resources: Partial<Resources>;
}

type Flags = RecipeFlags & CommonFlags & ResourceFlags & { readonly workers: number; readonly backend: string; readonly threads: number };

const EXAMPLES = `
Examples:
  pretext run --data videos                    defaults: frame-order on videos, rotation on images
  pretext run recipe.yaml --workers 2          a recipe, two worker processes
  pretext run --data videos --steps 200 --set batch.microbatches=4
  pretext run --resume                         go on with the newest run in runs/
`;

export function addRunCommand(program: Command): void {
  addResourceOptions(addRecipeOptions(program.command('run').argument('[recipe]', 'YAML file; docs/recipe.md lists its keys')))
    .description('pretrain on this machine: a coordinator and its workers')
    .option('--workers <n>', 'worker processes', parseCount, 1)
    .addOption(backendOption())
    .addOption(threadsOption())
    .addOption(levelOption())
    .addOption(jsonOption('the report'))
    .addHelpText('after', EXAMPLES)
    .action(async (file: string | undefined, flags: Flags) => {
      const { resume = false, report, workers, backend, threads, json = false, level } = flags;
      await runCommand({ ...loadRecipe(file, flags), resume, report, workers, backend, threads, resources: readResources(flags), json, level });
    });
}

/** Runs to the end: the report is in the run's folder when it returns. */
export function runCommand(options: RunOptions): Promise<void> {
  return runToReport({ ...options, host: '127.0.0.1', port: 0, insecure: false, isEvaluated: true });
}
