// What is looked at of a step while it is computed again: ranges of inputs, layers, gradients and arrays, what each microbatch and sample
// has to do with it, and where the first number is that is not finite.

import { playerOf } from '../../shared/state/spec.js';
import type { Layout } from '../../shared/state/layout.js';
import type { TrainerParts } from '../../worker/compute/build-parts.js';
import { sliceSample } from '../../worker/augment/prepare-samples.js';
import type { Trainer } from '../../worker/compute/trainer.js';
import { nameValues } from '../../worker/evaluate/features.js';
import { findFaultyGradients, lookAtForward } from '../../worker/replay/look-at-microbatch.js';
import { createRangeMeters, rangeOf, type NamedRange, type SharedRange } from '../../worker/replay/ranges.js';
import type { ComputedMicrobatch, ComputedStep } from './compute-step.js';

export interface SeenSample {
  readonly microbatch: number;
  readonly position: number;
  readonly path: string;
  /** Why it does not count; undefined where it does. */
  readonly unusable?: string;
  /** What it adds to the summed loss. */
  readonly loss: number;
  /** What of it is not finite: `inputs`, `loss`, `gradient`. Where inputs and losses of a microbatch are finite, gradients are computed of each sample alone. */
  readonly notFinite: readonly ('inputs' | 'loss' | 'gradient')[];
}

export interface SeenMicrobatch {
  readonly index: number;
  /** Of its loss over its samples. */
  readonly gradientNorm: number;
  readonly isFinite: boolean;
}

export interface SeenStep {
  /** Arrays of the puzzles. */
  readonly inputs: readonly SharedRange[];
  /** Outputs of every layer, in the order of the forward pass. */
  readonly activations: readonly SharedRange[];
  /** Of the step's mean loss, in the order of the state. */
  readonly gradients: readonly NamedRange[];
  /** Arrays of the state before the step. */
  readonly parameters: readonly NamedRange[];
  readonly microbatches: readonly SeenMicrobatch[];
  readonly samples: readonly SeenSample[];
}

export interface StepLook {
  /** What computeStep calls with each microbatch. */
  readonly onMicrobatch: (computed: ComputedMicrobatch) => Promise<void>;
  result(step: ComputedStep): SeenStep;
  dispose(): void;
}

/** `trainer` holds the state before the step, which is also given flat. Dispose it. */
export function createStepLook(parts: TrainerParts, trainer: Trainer, state: Float32Array): StepLook {
  const { layout } = parts;
  const values = nameValues(layout, state);
  const [inputs, activations] = [createRangeMeters(), createRangeMeters()];
  const microbatches: SeenMicrobatch[] = [];
  const samples: SeenSample[] = [];

  return {
    async onMicrobatch(computed) {
      const { input, result: { isFinite, weights }, gradient } = computed;
      const { microbatch } = input;
      for (const [name, array] of Object.entries(input.arrays)) inputs.add(name, array, microbatch);
      const losses = await lookAtForward(parts, values, input, (name, outputs) => activations.add(name, outputs, microbatch));
      const seen = describeSamples(computed, losses);
      const isExplained = isFinite || seen.some(({ notFinite }) => notFinite.length > 0);
      const faulty = new Set(isExplained ? [] : await findFaultyGradients(trainer, input, layout.gradientLength));
      samples.push(...seen.map((sample, slot) => (faulty.has(slot) ? { ...sample, notFinite: ['gradient' as const] } : sample)));
      microbatches.push({ index: microbatch, gradientNorm: normOf(layout, gradient, weights), isFinite });
    },
    result: ({ sum, weights }) => ({
      inputs: inputs.ranges(), activations: activations.ranges(), microbatches, samples,
      gradients: listGradients(layout, sum, weights).map(({ name, values: numbers }) => rangeOf(name, numbers)),
      parameters: layout.entries.map(({ name, offset, length }) => rangeOf(name, state.subarray(offset, offset + length))),
    }),
    dispose: () => { for (const tensor of Object.values(values)) tensor.dispose(); },
  };
}

function describeSamples({ input, samples, unusable }: ComputedMicrobatch, losses: Float32Array): SeenSample[] {
  const reasons = new Map(unusable.map(({ position, code, reason }) => [position, `${code}: ${reason}`]));
  return samples.map(({ position, path }, slot) => {
    const own = Object.values(sliceSample(input.arrays, slot, samples.length));
    const reason = reasons.get(position);
    const loss = losses[slot]!;
    const notFinite = [...(own.every((array) => array.every(Number.isFinite)) ? [] : ['inputs' as const]), ...(Number.isFinite(loss) ? [] : ['loss' as const])];
    return { microbatch: input.microbatch, position, path, loss, notFinite, ...(reason === undefined ? {} : { unusable: reason }) };
  });
}

type Weights = Readonly<Record<string, number>>;

/** The gradient of each trained array, divided by its player's weight as the update does. */
function listGradients({ entries }: Layout, travelled: Float32Array, weights: Weights): { readonly name: string; readonly values: Float32Array }[] {
  return entries.flatMap((entry) => {
    if (entry.kind !== 'trained') return [];
    const weight = weights[playerOf(entry)] ?? 0;
    const values = travelled.subarray(entry.travelOffset, entry.travelOffset + entry.travelLength);
    return [{ name: entry.name, values: weight > 0 ? values.map((value) => value / weight) : values }];
  });
}

function normOf(layout: Layout, gradient: Float32Array, weights: Weights): number {
  const squares = listGradients(layout, gradient, weights).map(({ values }) => values.reduce((sum, value) => sum + value ** 2, 0));
  return Math.sqrt(squares.reduce((sum, each) => sum + each, 0));
}

export interface FirstFault {
  readonly what: 'parameters' | 'inputs' | 'activations' | 'loss' | 'gradients';
  /** Of the array, the layer, or the term of the loss. */
  readonly name: string;
  /** Undefined where it is of no single one. */
  readonly microbatch?: number;
}

/** Where the first number is that is not finite, in the order in which a step is computed. Undefined where all are. */
export function findFirstFault({ parameters, inputs, activations, gradients }: SeenStep, terms: Readonly<Record<string, number>>): FirstFault | undefined {
  const isFaulty = ({ notFinite }: NamedRange): boolean => notFinite > 0;
  const parameter = parameters.find(isFaulty);
  if (parameter) return { what: 'parameters', name: parameter.name };
  for (const [what, ranges] of [['inputs', inputs], ['activations', activations]] as const) {
    const range = ranges.find(isFaulty);
    if (range) return { what, name: range.name, microbatch: range.microbatch };
  }
  const term = Object.keys(terms).find((name) => !Number.isFinite(terms[name]));
  if (term !== undefined) return { what: 'loss', name: term };
  // Gradients come from the last layer to the first.
  const gradient = gradients.findLast(isFaulty);
  return gradient && { what: 'gradients', name: gradient.name };
}
