// What fine-tuning has chosen, in words: where the trunk comes from, the data, and every stage with its rates. Pure.

import { chooseTrained } from '../../coordinator/run/name-classes.js';
import { countAllSteps } from '../../coordinator/run/status.js';
import type { Item } from '../../shared/datasets/dataset.js';
import type { Recipe } from '../../shared/recipe/schema.js';

export interface PlanFacts {
  readonly stages: readonly Recipe[];
  /** Complete, of what all stages share. */
  readonly draft: Recipe;
  readonly items: readonly Item[];
  readonly samplesPerEpoch: number;
  /** The trunk that was named, and what made it, in words. */
  readonly opened?: { readonly path: string; readonly origin: string } | undefined;
}

const round = (value: number): string => String(Number(value.toPrecision(3)));

/** Fewer updates than this hardly move anything. */
const FEW_STEPS = 100;

/** Lines without their ends. */
export function describePlan(facts: PlanFacts): string[] {
  const { stages, draft, samplesPerEpoch } = facts;
  const { microbatches, microbatchSize } = stages[0]!.batch;
  const numSteps = countAllSteps({ stages });
  const epochs = (numSteps * microbatches * microbatchSize) / samplesPerEpoch;
  return [
    `init        ${describeOrigin(facts)}`,
    `data        ${describeData(facts)}`,
    `batch       ${microbatches} x ${microbatchSize}, an epoch is ${round(samplesPerEpoch / (microbatches * microbatchSize))} steps`,
    ...stages.map((stage, index) => `stage ${index + 1}     ${describeStage(stage)}`),
    ...(numSteps < FEW_STEPS ? [`note        ${numSteps} steps in all are few: --epochs ${Math.ceil((epochs * FEW_STEPS) / numSteps)} would make ${FEW_STEPS} of them`] : []),
    ...(draft.data.classes && draft.data.classes.length > samplesPerEpoch / 5 ? [`note        ${round(samplesPerEpoch / draft.data.classes.length)} items a class are very few`] : []),
  ];
}

function describeOrigin({ stages, draft, opened }: PlanFacts): string {
  const { name } = draft.model;
  if (!opened) return `random values of the seed, model ${name}`;
  const of = `"${opened.path}" (${opened.origin})`;
  const { init } = stages[0]!;
  const part = init?.blocks === undefined ? `the trunk ${name}` : `the first ${init.blocks} stages of the trunk ${name}`;
  const rest = init?.blocks === undefined ? 'the head is' : init.rest === 'moments' ? 'the others by the moments of its arrays, the head is' : 'the others and the head are';
  return init ? `${part} of ${of}; ${rest} new` : `random values of the seed, model ${name} as in ${of}`;
}

function describeData({ draft, items }: PlanFacts): string {
  const { labels, items: trained } = chooseTrained(draft, items);
  const numTrain = items.filter(({ split }) => split === 'train').length;
  const classes = draft.data.classes ? ` of ${draft.data.classes.length} classes` : '';
  return `${labels?.size ?? trained.length} labelled items${classes} to train on, of ${numTrain}; ${items.length - numTrain} held out`;
}

function describeStage({ name, steps, optimizer: { learningRate, groups } }: Recipe): string {
  const frozen = groups.filter(({ frozenUntil }) => frozenUntil > 0);
  const norms = frozen.some((group) => group.norms === 'train') ? ', its normalisation is trained' : '';
  const moving = groups.filter(({ frozenUntil }) => frozenUntil === 0);
  const isAlike = moving.every(({ rateFactor }) => rateFactor === 1);
  const rates = isAlike ? `rate up to ${round(learningRate)}` : `rates up to ${[...moving.map(({ match, rateFactor }) => `${round(learningRate * rateFactor)} in ${match.replace(/^trunk\/|\/$/g, '')}`), `${round(learningRate)} in the head`].join(', ')}`;
  const what = moving.length === 0 && frozen.length > 0 ? `the head alone, the trunk is frozen${norms}` : frozen.length > 0 ? `${name ?? ''}, the rest of the trunk is frozen${norms}` : 'all of it';
  return `${what}: ${steps} steps, ${rates}`;
}
