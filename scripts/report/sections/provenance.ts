// What made the result: each stage's beginning, data and hashes, and the whole recipe.

import type { Recipe } from '../../../shared/recipe/schema.js';
import { nameTasks } from '../../../shared/recipe/tasks.js';
import { formatNumber } from '../../format/status.js';
import { html, table } from '../html.js';
import type { RunData, StageData } from '../run-data.js';
import type { Section } from '../section.js';

export const provenance: Section = {
  id: 'provenance',
  title: 'Recipe and provenance',
  render(run) {
    return html`<p>Run <code>${run.runId ?? 'not begun'}</code> in <code>${run.folder}</code>.</p>
${run.stages.map((stage) => describeStage(stage, run))}
<details><summary>The whole recipe, defaults filled in</summary><pre>${run.recipeText}</pre></details>`;
  },
};

function describeStage(stage: StageData, { stages, report }: RunData) {
  const { number, name: ownName, recipe, recipeHash, manifestHash, items, plan } = stage;
  const numTrain = items.filter(({ split }) => split === 'train').length;
  const { digest, checkpoint } = stage.report ?? (stages.length === 1 ? report : undefined) ?? {};
  const { optimizer: { name, learningRate, schedule, groups }, batch: { microbatches, microbatchSize } } = recipe;
  return table({
    caption: `Stage ${number} of ${stages.length}${ownName === undefined || stages.length === 1 ? '' : `, ${ownName}`}`,
    rows: [
      ['task', nameTasks(recipe)],
      ['begins', describeInit(stage)],
      ['model', `${recipe.model.name}, pictures of ${recipe.data.side} pixels a side`],
      ['optimizer', `${name}, learning rate ${learningRate}, schedule ${schedule.name}`],
      ...groups.map((group) => [`arrays ${group.match}…`, describeGroup(group, recipe.steps)]),
      ['batch', `${microbatches * microbatchSize} samples: ${microbatches} microbatches of ${microbatchSize}`],
      ['steps', recipe.steps],
      ['seed', recipe.seed],
      ['data', `${recipe.data.root}: ${numTrain} to train on (${plan.numInstances} learnt from), ${items.length - numTrain} held out`],
      ...(recipe.data.classes ? [['labels', `${recipe.data.classes.length} classes; of each, a share of ${recipe.data.labelShare ?? 1} of the labels is shown`]] : []),
      ['recipe hash', html`<code>${recipeHash}</code>`],
      ['data hash', html`<code>${manifestHash}</code>`],
      ...(digest === undefined ? [] : [['digest of the result', html`<code>${digest}</code>`]]),
      ...(checkpoint === undefined ? [] : [['checkpoint', html`<code>${checkpoint}</code>`]]),
    ],
  });
}

function describeGroup({ rateFactor, frozenUntil, norms }: Recipe['optimizer']['groups'][number], steps: number): string {
  const rate = `rate times ${formatNumber(rateFactor)}`;
  if (frozenUntil === 0) return rate;
  const frozen = `frozen${frozenUntil >= steps ? '' : ` until step ${frozenUntil}`}`;
  if (norms === 'train') return `${frozen} but for normalisation, ${rate}`;
  return frozenUntil >= steps ? frozen : `${frozen}, ${rate}`;
}

/** From random values is said as clearly as from a file. */
function describeInit({ number, recipe: { init, seed } }: Pick<StageData, 'number' | 'recipe'>): string {
  const { from = 'seed', blocks, rest = 'random', heads, sha256 } = init ?? {};
  if (from === 'seed') return `from the seed: random values drawn by seed ${seed}; nothing was learnt before`;
  const what = blocks === undefined ? 'the whole trunk' : `the first ${blocks} block${blocks === 1 ? '' : 's'} of the trunk (the others are ${rest === 'moments' ? 'drawn by their means and variances there' : 'random'})`;
  const head = heads === true ? ', heads too where they fit' : '';
  return from === 'stage' ? `from the end of stage ${number - 1}: ${what}${head}` : `from the file ${from}: ${what}${head}${sha256 === undefined ? '' : `; SHA-256 ${sha256}`}`;
}
