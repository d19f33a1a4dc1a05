// `pretext neighbours`: which items a trunk takes for alike, as a picture, and near-duplicates across splits.

import type { Command } from 'commander';
import { describeExits } from './exit-codes.js';
import { backendOption, jsonOption, numberParser, parseCount, stageOption } from './options.js';

export interface NeighboursFlags {
  /** Other data than the run's own. */
  readonly data?: string;
  readonly out: string;
  readonly queries: number;
  readonly nearest: number;
  readonly likeness: number;
  readonly stage: string;
  readonly backend: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Queries are evenly spaced over the test split, their neighbours of the train split. Under each neighbour stand its distance (1 - cosine) and class.

Examples:
  pretext neighbours runs/2026-11-23-183005 --out neighbours.png
  pretext neighbours checkpoint.safetensors --data photos --out neighbours.png --queries 12 --stage stage3
  pretext neighbours runs/2026-11-23-183005 --out neighbours.png --likeness 0.95 --json | jq .duplicates
`;

const parseLikeness = numberParser('a cosine from -1 to 1', (likeness) => likeness >= -1 && likeness <= 1);

export function addNeighboursCommand(program: Command): void {
  program
    .command('neighbours')
    .argument('<run>', "the run's folder, or the file of a checkpoint")
    .description('draw items with those that a trunk finds most like them, and list near-duplicates across splits')
    .requiredOption('--out <file>', 'where the PNG goes')
    .option('--data <dir>', "other data than the run's own")
    .option('--queries <n>', 'items that neighbours are found of', parseCount, 8)
    .option('--nearest <n>', 'neighbours of each', parseCount, 6)
    .option('--likeness <cosine>', 'least cosine of an item to test on and one to train on to be listed as near-duplicates', parseLikeness, 0.99)
    .addOption(stageOption())
    .addOption(backendOption())
    .addOption(jsonOption('what was found'))
    .addHelpText('after', EXAMPLES + describeExits(['done', 'failed', 'usage', 'unfit', 'machine', 'refused', 'stopped']))
    .action(async (run: string, flags: NeighboursFlags) => {
      const { showNeighbours } = await import('../actions/neighbours.js');
      await showNeighbours(run, flags);
    });
}
