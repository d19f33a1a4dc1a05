// How a trunk is fine-tuned: the stages of a run, with their groups, rates and schedules, from what a user chooses and what the data and the
// trunk are. fastai's fine_tune (Howard and Gugger 2020, "fastai: A Layered API for Deep Learning") and gradual unfreezing (Howard and Ruder 2018,
// "Universal Language Model Fine-tuning for Text Classification"). Pure.

import { TRUNK } from '../../shared/checkpoint/transfer.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { listBlocks, listStages, type Layer } from './layers.js';

export type Preset = 'fine-tune' | 'gradual' | 'full' | 'linear';

export interface FineTuneChoices {
  readonly preset: Preset;
  /** After the frozen ones. Presets without a frozen phase take both together, so that all see the items as often. */
  readonly epochs: number;
  readonly frozenEpochs: number;
  /** In all, in the place of the epochs, which then tell phases' shares of them alone. */
  readonly steps?: number | undefined;
  /** Highest learning rate of the frozen phase; half of it afterwards. */
  readonly rate: number;
  /** Highest rate of the head by that of the first stage. Default 100 for `fine-tune`, 1 for `full`. */
  readonly rateMult?: number | undefined;
  /** Rate of a block by that of the one above it, in the place of `rateMult` and of gradual unfreezing's 1 / 2.6. */
  readonly layerDecay?: number | undefined;
  /** What becomes of normalisation while the trunk is frozen. Default: batch norm goes on training, as in fastai, and all else stays. */
  readonly norms?: 'frozen' | 'train' | undefined;
  /** Only so many stages of the trunk are taken; the others are trained from the start. */
  readonly blocks?: number | undefined;
  /** What those begin from. */
  readonly rest?: 'random' | 'moments' | undefined;
}

export interface FineTuneFacts {
  /** Arrays of the trunk, in the order of the forward pass. */
  readonly trunk: readonly { readonly name: string; readonly kind: string }[];
  readonly samplesPerEpoch: number;
  readonly samplesPerStep: number;
  /** Checkpoint that the trunk begins from; without one it begins from the seed. */
  readonly init?: string | undefined;
}

interface PlannedGroup {
  readonly match: string;
  readonly rateFactor: number;
  readonly frozenUntil?: number;
  readonly norms?: 'train';
}

/** A stage of the recipe, over what all stages share. */
export interface PlannedStage {
  readonly name: string;
  readonly steps: number;
  readonly init?: { readonly from: string; readonly heads?: true; readonly blocks?: number; readonly rest?: 'random' | 'moments' };
  readonly data: { readonly firstEpoch: number };
  readonly optimizer: {
    readonly name: 'adamw';
    readonly options: { readonly beta2: number; readonly epsilon: number; readonly weightDecay: number };
    readonly learningRate: number;
    readonly schedule: { readonly name: 'one-cycle'; readonly options: { readonly pctStart: number; readonly div: number } };
    readonly groups: readonly PlannedGroup[];
  };
}

/** A part of the schedule through which the same layers are frozen. */
interface Phase {
  readonly name: string;
  readonly epochs: number;
  readonly rate: number;
  readonly cycle: { readonly pctStart: number; readonly div: number };
  /** Stages below it are frozen. */
  readonly from: number;
  readonly layers: readonly Layer[];
  factorOf(layer: Layer): number;
}

/** As fastai has them: both phases of fine_tune, and fit_one_cycle by itself. */
const FROZEN = { pctStart: 0.99, div: 25 };
const THAWED = { pctStart: 0.3, div: 5 };
const ONE_CYCLE = { pctStart: 0.25, div: 25 };
export const ADAM = { beta2: 0.99, epsilon: 1e-5, weightDecay: 0.01 };
const RATE_MULT = 100;
/** Of the head's rate: what may move of a frozen trunk. */
const FROZEN_FACTOR = 0.1;
/** ULMFiT's. */
const RATE_OF_NEXT = 2.6;

/** Powers may differ in the last bit between versions of an engine, and recipes must not. */
const toFactor = (value: number): number => Number(value.toPrecision(12));

/** Throws PretextError BAD_ARGUMENT for what makes no sense together. */
export function planFineTune(choices: FineTuneChoices, facts: FineTuneFacts): PlannedStage[] {
  throwOnContradiction(choices, facts);
  let done = 0;
  const phases = listPhases(choices, facts);
  const numSteps = choices.steps === undefined ? phases.map(({ epochs }) => countSteps(epochs, facts)) : shareOut(choices.steps, phases);
  return phases.map((phase, index): PlannedStage => {
    const steps = numSteps[index]!;
    const firstEpoch = done;
    done += choices.steps === undefined ? phase.epochs : (steps * facts.samplesPerStep) / facts.samplesPerEpoch;
    const init = index > 0 ? { from: 'stage', heads: true as const } : facts.init === undefined ? undefined : { from: facts.init, ...dropUndefined({ blocks: choices.blocks, rest: choices.rest }) };
    return {
      name: phase.name, steps, ...(init && { init }), data: { firstEpoch: Math.ceil(firstEpoch) },
      optimizer: {
        name: 'adamw', options: ADAM, learningRate: phase.rate, schedule: { name: 'one-cycle', options: phase.cycle },
        groups: listGroups(phase, steps, normsOf(choices, facts)),
      },
    };
  });
}

const countSteps = (epochs: number, { samplesPerEpoch, samplesPerStep }: FineTuneFacts): number => Math.max(1, Math.ceil((epochs * samplesPerEpoch) / samplesPerStep));

/** By the epochs of each, none without a step. */
function shareOut(steps: number, phases: readonly Phase[]): number[] {
  const all = phases.reduce((sum, { epochs }) => sum + epochs, 0);
  let [epochs, before] = [0, 0];
  return phases.map((phase, index) => {
    epochs += phase.epochs;
    const end = Math.max(index + 1, Math.round((steps * epochs) / all));
    const own = end - before;
    before = end;
    return own;
  });
}

function throwOnContradiction({ preset, norms, blocks, rest }: FineTuneChoices, { init }: FineTuneFacts): void {
  const problem = init === undefined && (preset === 'linear' || preset === 'gradual') ? `--preset ${preset} is for a trunk that has learnt something: add --init.`
    : preset === 'linear' && norms === 'train' ? '--preset linear leaves the trunk as it is, --norms train does not: choose one of them.'
    : preset === 'linear' && blocks !== undefined ? '--preset linear trains the head alone, --blocks leaves a trunk that has to be trained: choose one of them.'
    : init === undefined && blocks !== undefined ? '--blocks takes some of a trunk that has learnt something: add --init.'
    : rest !== undefined && blocks === undefined ? '--rest is for what --blocks leaves out: add it.'
    : undefined;
  if (problem !== undefined) throw new PretextError('BAD_ARGUMENT', problem);
}

function normsOf({ preset, norms }: FineTuneChoices, { trunk }: FineTuneFacts): 'frozen' | 'train' {
  if (norms !== undefined || preset === 'linear') return norms ?? 'frozen';
  return trunk.some(({ kind }) => kind === 'statistic') ? 'train' : 'frozen';
}

function listPhases(choices: FineTuneChoices, facts: FineTuneFacts): Phase[] {
  const { epochs, frozenEpochs, rate, rateMult, layerDecay, blocks } = choices;
  const names = facts.trunk.map(({ name }) => name);
  const layers = layerDecay === undefined ? listStages(names) : listBlocks(names);
  const numStages = 1 + Math.max(...layers.map(({ stage }) => stage));
  const decay = layerDecay === undefined ? undefined : ({ rank }: Layer): number => layerDecay ** rank;
  const spread = (mult: number) => ({ rank }: Layer): number => mult ** (-rank / numStages);
  const taken = Math.min(blocks ?? numStages, numStages);
  const head: Phase = {
    name: nameFrom(taken, numStages), epochs: frozenEpochs, rate, cycle: FROZEN, from: taken, layers,
    factorOf: ({ stage }) => (stage < taken ? FROZEN_FACTOR : 1),
  };
  const frozen = frozenEpochs > 0 ? [head] : [];
  const all = { layers, from: 0, cycle: THAWED };
  switch (facts.init === undefined ? 'full' : choices.preset) {
    case 'fine-tune': return [...frozen, { ...all, name: 'all', epochs, rate: rate / 2, factorOf: decay ?? spread(rateMult ?? RATE_MULT) }];
    case 'gradual': return [...frozen, ...listUnfreezing({ ...all, name: '', epochs, rate: rate / 2, factorOf: decay ?? (({ rank }) => RATE_OF_NEXT ** -rank) }, taken)];
    case 'full': return [{ ...all, name: 'all', epochs: epochs + frozenEpochs, rate, factorOf: decay ?? spread(rateMult ?? 1) }];
    case 'linear': return [{ ...head, epochs: epochs + frozenEpochs, cycle: ONE_CYCLE }];
  }
}

/** What is trained where the stages below `from` are frozen. */
const nameFrom = (from: number, numStages: number): string => (from === numStages ? 'head' : from === 0 ? 'all' : `from stage ${from + 1}`);

/** One more of the frozen stages an epoch from the top; with fewer epochs than stages, more at once. The last phase, of the whole trunk, has the epochs that are left. */
function listUnfreezing(whole: Phase, numFrozen: number): Phase[] {
  const numPhases = Math.max(1, Math.min(numFrozen, Math.floor(whole.epochs)));
  return Array.from({ length: numPhases }, (_, index) => {
    const from = numFrozen - Math.ceil(((index + 1) * numFrozen) / numPhases);
    return { ...whole, from, name: nameFrom(from, Infinity), epochs: index < numPhases - 1 ? 1 : whole.epochs - index };
  });
}

/** The first group that fits an array counts, so that longer beginnings of names need no order: none is the beginning of another. */
function listGroups({ from, layers, factorOf }: Phase, steps: number, norms: 'frozen' | 'train'): PlannedGroup[] {
  const rest = norms === 'train' ? { norms } : {};
  if (layers.every(({ stage }) => stage < from)) return [{ match: TRUNK, rateFactor: FROZEN_FACTOR, frozenUntil: steps, ...rest }];
  return layers.map((layer) => ({ match: layer.match, rateFactor: toFactor(factorOf(layer)), ...(layer.stage < from && { frozenUntil: steps, ...rest }) }));
}
