// `pretext run`: a coordinator and its workers on this machine, in one command.

import type { Command } from 'commander';
import { describeExits, RUN_EXITS } from './exit-codes.js';
import { loadHeedful } from './load-heedful.js';
import {
  addRecipeOptions, addResourceOptions, backendOption, jsonOption, levelOption, parseCount, threadsOption,
  type CommonFlags, type RecipeFlags, type ResourceFlags,
} from './options.js';

export type RunFlags = RecipeFlags & CommonFlags & ResourceFlags & { readonly workers: number; readonly backend: string; readonly threads: number };

const EXAMPLES = `
Examples:
  pretext run --data videos                    defaults: frame-order on videos, rotation on images
  pretext run recipe.yaml --workers 2          a recipe, two worker processes
  pretext run --data videos --steps 200 --set batch.microbatches=4
  pretext run --resume                         go on with the newest run in runs/
  pretext run --data videos --out runs/v --resume-or-start   the same line, however often it is stopped
`;

export function addRunCommand(program: Command): void {
  const command = addRecipeOptions(program.command('run'))
    .description('pretrain on this machine: a coordinator and its workers')
    .option('--workers <n>', 'worker processes', parseCount, 1)
    .addOption(backendOption())
    .addOption(threadsOption());
  addResourceOptions(command)
    .addOption(levelOption())
    .addOption(jsonOption('the report'))
    .addHelpText('after', EXAMPLES + describeExits(RUN_EXITS))
    .action(async (file: string | undefined, flags: RunFlags) => {
      const { runHere } = await loadHeedful('run', () => import('../actions/run.js'));
      await runHere(file, flags);
    });
}
