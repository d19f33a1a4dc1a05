// Small trunks of every model, with numbers that training could have left, for those who write them for elsewhere.

import * as tf from '@tensorflow/tfjs-core';
import { createLayout } from '../../shared/state/layout.js';
import { provenanceMetadata } from '../../shared/checkpoint/provenance.js';
import { writeSafetensors, type NamedArray } from '../../shared/tensors/safetensors.js';
import { readRecipe } from '../../worker/bind-recipe.js';
import { HEADS, type Answers, type Exported } from '../../worker/export/exported.js';
import type { ModelName } from '../../worker/models/shapes.js';
import { denseState } from '../../worker/models/layer-state.js';
import { PHOTOGRAPHS } from '../../worker/pixels.js';
import type { Random } from '../../shared/random/random.js';
import { wholeModel } from './whole.js';

export interface ExportCase {
  readonly model: ModelName;
  readonly options: object;
  readonly side: number;
  readonly classes?: readonly string[];
  readonly answers?: Answers;
}

export const exportCases: readonly ExportCase[] = [
  { model: 'convnet', options: { width: 16, stages: 3 }, side: 13, classes: ['cat', 'dog', 'owl'] },
  { model: 'convnet', options: { width: 3, stages: 2, norm: 'none' }, side: 8 },
  { model: 'resnet18', options: { width: 4, norm: 'batch', stem: 'large', padding: 'torch' }, side: 38 },
  { model: 'resnet18', options: { width: 16 }, side: 18 },
  { model: 'resnet34', options: { width: 2, norm: 'batch', stem: 'large' }, side: 33 },
  { model: 'resnet50', options: { width: 4, norm: 'batch', padding: 'torch' }, side: 20 },
  { model: 'vit', options: { patch: 4, width: 12, depth: 5, heads: 3 }, side: 16 },
  { model: 'vit', options: { patch: 4, width: 8, depth: 2, heads: 2, learntGrid: 3, classToken: true, gelu: 'exact' }, side: 12, classes: ['a', 'b'], answers: 'several' },
];

const MOST_DRAWN = 4099;
/** Of biases and shifts. */
const VECTOR_BOUND = 0.3;

/** Variances and scales near 1, all others near 0: features stay of a size that tolerances are for. */
function drawArray(random: Random, name: string, shape: readonly number[], length: number): Float32Array {
  // Large arrays repeat a few thousand numbers, a few thousand at a time and each time from another place: drawing them all takes minutes.
  if (length > MOST_DRAWN) {
    const few = drawArray(random, name, [MOST_DRAWN], MOST_DRAWN);
    const factor = Math.sqrt(3 / (length / shape.at(-1)!)) / VECTOR_BOUND;
    const shifts = Array.from({ length: Math.ceil(length / MOST_DRAWN) }, () => Math.floor(random.float() * MOST_DRAWN));
    return Float32Array.from({ length }, (_, i) => factor * few[(i + shifts[Math.floor(i / MOST_DRAWN)]!) % MOST_DRAWN]!);
  }
  const fanIn = shape.length > 1 ? length / shape.at(-1)! : 1;
  if (/\/(scale|variance)$/.test(name)) return Float32Array.from({ length }, () => 0.6 + 0.8 * random.float());
  const bound = shape.length > 1 ? Math.sqrt(3 / fanIn) : VECTOR_BOUND;
  return Float32Array.from({ length }, () => random.uniform(-bound, bound));
}

export function createExported({ model, options: given, side, classes, answers = 'one' }: ExportCase, random: Random): Exported {
  const { options: schema, state, stages } = wholeModel(model);
  const options = schema.parse(given) as Exported['model']['options'];
  const head = classes ? denseState({ name: HEADS[answers], numInputs: stages(options).at(-1)!.channels, numOutputs: classes.length }) : [];
  const arrays = createLayout([...state(options), ...head]).entries.map(({ name, shape, length }): NamedArray =>
    ({ name, shape, values: drawArray(random, name, shape, length) }));
  return { model: { name: model, options }, side, pixels: PHOTOGRAPHS, arrays, ...(classes && { classes, answers }) };
}

/** Numbers 0..1 of so many pictures, [N, S, S, C]. */
export const drawPictures = (random: Random, { side }: ExportCase, count: number): Float32Array =>
  Float32Array.from({ length: count * side * side * 3 }, () => random.float());

/** From [N, S, S, C] to [N, C, S, S]. */
export const toPlanes = (values: Float32Array, shape: readonly number[]): Float32Array =>
  tf.tidy(() => tf.transpose(tf.tensor(values, [...shape]), [0, 3, 1, 2]).dataSync<'float32'>());

/** Writes it as the checkpoint of a run on the task classify or multi-label, where it has classes, or else rotation. */
export async function writeExported(path: string, { model, side, arrays, classes, answers }: Exported): Promise<void> {
  const recipe = readRecipe({
    data: { root: '/data', side, shortSide: side, ...(classes && { classes }) }, task: { name: !classes ? 'rotation' : answers === 'several' ? 'multi-label' : 'classify' }, model,
  });
  const metadata = provenanceMetadata(recipe, { run: 'made', stage: 1, recipeHash: 'r', dataHash: 'd' });
  await writeSafetensors(path, arrays, { ...metadata, step: '7' });
}

export interface OutputValues {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What we compute ourselves, by the names of a graph's outputs; maps are [N, S, S, C]. A backend must run. */
export function computeOurs({ model, side, pixels: { mean, deviation }, arrays, classes, answers = 'one' }: Exported, picturesNHWC: Float32Array): Record<string, OutputValues> {
  const { apply, stages } = wholeModel(model.name as ModelName);
  return tf.tidy(() => {
    const weights = Object.fromEntries(arrays.map(({ name, shape, values }) => [name, tf.tensor(values, [...shape])]));
    const pictures = tf.tensor4d(picturesNHWC, [picturesNHWC.length / (side * side * 3), side, side, 3]);
    const normalised = tf.div<tf.Tensor4D>(tf.sub(pictures, tf.tensor1d([...mean])), tf.tensor1d([...deviation]));
    const maps = apply(weights, normalised, model.options, { training: false, statistics: {} });
    const features = tf.mean<tf.Tensor2D>(maps.at(-1)!, [1, 2]);
    const outputs: Record<string, tf.Tensor> = { ...Object.fromEntries(stages(model.options).map(({ name }, s) => [name, maps[s]!])), features };
    if (classes) outputs['logits'] = tf.add(tf.matMul(features, weights[`${HEADS[answers]}/kernel`] as tf.Tensor2D), weights[`${HEADS[answers]}/bias`]!);
    return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, { shape: tensor.shape, values: tensor.dataSync<'float32'>() }]));
  });
}
