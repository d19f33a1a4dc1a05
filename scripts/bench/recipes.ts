// `npm run bench recipes`: whole runs of recipes with several seeds, and one table of what each came to: its task's metrics on held-out
// items against chance, and what the trunk is worth. A run that is there already is not run again, so that a long table can be made in parts.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Evaluation } from '../../worker/evaluate/evaluate.js';
import { jsonOption, parseSeeds, setOption } from '../commands/options.js';
import { meanOf, varianceOf } from '../curve/statistics.js';

const PRETEXT = fileURLToPath(new URL('../pretext.js', import.meta.url));

interface Flags {
  readonly data: string;
  readonly out: string;
  readonly seeds: readonly number[];
  readonly set: readonly string[];
  readonly json?: boolean;
}

/** What one measure came to. */
interface Row {
  readonly recipe: string;
  readonly metric: string;
  readonly chance?: number;
  /** By seed. */
  readonly values: readonly number[];
  /** The largest of any seed's own, over its held-out puzzles. */
  readonly standardError?: number;
  /** Standard errors that the worst seed is better than chance. */
  readonly errorsAbove?: number;
}

async function runOnce(recipe: string, out: string, { data, seed, set }: { readonly data: string; readonly seed: number; readonly set: readonly string[] }): Promise<Evaluation> {
  const path = join(out, 'report.json');
  if (!existsSync(path)) {
    const args = [PRETEXT, 'run', recipe, '--data', data, '--seed', String(seed), '--out', out, '--resume-or-start', '--level', 'error', ...set.flatMap((each) => ['--set', each])];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    if (code !== 0) throw new PretextError('WORKER_FAILED', `${basename(recipe)} with seed ${seed} ended with code ${code}.`, { hint: `It said why above; its folder is ${out}.` });
  }
  const { evaluation } = JSON.parse(await readFile(path, 'utf8')) as { readonly evaluation?: Evaluation };
  if (evaluation === undefined) throw new PretextError('DATA_UNUSABLE', `${out} has no evaluation.`, { hint: 'Its data need held-out items: see data.holdout in docs/recipe.md.' });
  return evaluation;
}

/** Metrics of the task, then the best stage by each probe, whose chance is the untrained trunk's best stage. */
function tabulate(recipe: string, evaluations: readonly Evaluation[]): Row[] {
  const metrics = Object.entries(evaluations[0]!.pretext.metrics).map(([metric, { better, chance }]): Row => {
    const each = evaluations.map(({ pretext }) => pretext.metrics[metric]!);
    const sign = better === 'higher' ? 1 : -1;
    return {
      recipe, metric, values: each.map(({ mean }) => mean), standardError: Math.max(...each.map(({ standardError }) => standardError)),
      ...(chance === undefined ? {} : { chance, errorsAbove: Math.min(...each.map(({ mean, standardError }) => (sign * (mean - chance)) / standardError)) }),
    };
  });
  if (evaluations.some(({ stages }) => stages.length === 0)) return metrics;
  const bestOf = (key: 'knn' | 'linear' | 'knnRandomInit' | 'linearRandomInit'): number[] => evaluations.map(({ stages }) => Math.max(...stages.map((stage) => stage[key])));
  return [
    ...metrics,
    { recipe, metric: 'linear probe, best stage', chance: meanOf(bestOf('linearRandomInit')), values: bestOf('linear') },
    { recipe, metric: 'kNN, best stage', chance: meanOf(bestOf('knnRandomInit')), values: bestOf('knn') },
  ];
}

function formatRow({ recipe, metric, chance, values, standardError, errorsAbove }: Row): string {
  const format = (value: number | undefined): string => value?.toFixed(3) ?? '-';
  return `| ${recipe} | ${metric} | ${format(chance)} | ${values.map(format).join(', ')} | ${format(meanOf(values))} (${format(Math.sqrt(varianceOf(values)))}) | ${format(standardError)} | ${errorsAbove?.toFixed(1) ?? '-'} |`;
}

async function benchRecipes(recipes: readonly string[], { data, out, seeds, set, json }: Flags): Promise<void> {
  if (!json) console.log('| recipe | metric | chance, or untrained | each seed | mean (deviation) | standard error of one | errors above chance, least |\n|---|---|---|---|---|---|---|');
  for (const recipe of recipes) {
    const name = basename(recipe, '.yaml');
    const evaluations: Evaluation[] = [];
    for (const seed of seeds) evaluations.push(await runOnce(recipe, join(out, `${name}-${seed}`), { data, seed, set }));
    for (const row of tabulate(name, evaluations)) console.log(json ? JSON.stringify(row) : formatRow(row));
  }
}

export function addRecipesCommand(program: Command): void {
  program.command('recipes')
    .description('whole runs of recipes with several seeds, and a table of what each came to')
    .argument('<recipes...>', 'YAML files')
    .requiredOption('--data <dir>', 'folder of images or videos')
    .requiredOption('--out <dir>', "folder of the runs' folders; a run that is in it already is not run again, one that was stopped goes on")
    .option('--seeds <list>', 'seeds of the runs', parseSeeds, [1, 2, 3])
    .addOption(setOption('change one key of all recipes').default([]))
    .addOption(jsonOption('each row'))
    .action(benchRecipes);
}
