// Consistency added to any task, the half that learns: the task's own losses are those of the first version; what it says of the second, and
// what the trunk makes of it, must be as the first one says. Shape letters: B samples, N images, C channels, D numbers of a row, K classes.

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Consistency } from '../../../shared/recipe/tasks.js';
import { naturalExp } from '../../augment/ops/exponential.js';
import { sliceSample } from '../../augment/prepare-samples.js';
import { predictRows } from '../../heads/predictor.js';
import { projectRows, toUnitRows } from '../../heads/projection.js';
import { compareClasses } from '../../losses/agreement.js';
import { cosineDistance } from '../../losses/cosine.js';
import { measureEmbedding } from '../../losses/embedding.js';
import { contrast } from '../../losses/info-nce.js';
import { stopGradient } from '../../backends/stop-gradient.js';
import { vicreg } from '../../losses/vicreg.js';
import type { NamedTensors } from '../../models/model.js';
import type { Batch, Measured, Net, Objective, Outcome, Term } from '../objective.js';
import type { MoveClasses } from '../task.js';
import { AGAIN, inConsistency, type ConsistencyRules, type FeatureRule } from './consistent-puzzle.js';
import { ownOf, putBehind, takeBehind } from './names.js';

/** The paper's weights of invariance, variance and covariance, 25, 25 and 1, by the first of them. */
const VICREG = { invariance: 1, variance: 1, covariance: 0.04 };

/** exp(-5 (1 - t)^2) over the first `ramp` of the stage, then 1. */
export const rampAt = (progress: number, ramp: number): number => (progress >= ramp ? 1 : naturalExp(-5 * (1 - progress / ramp) ** 2));

/** A loss that counts by a share in the gradient alone: what is reported does not rise with the ramp, as if the run went astray. */
const countBy = (share: number, loss: Tensor1D): Tensor1D =>
  (share === 1 ? loss : tf.add(tf.mul(loss, share), tf.mul(stopGradient(loss), 1 - share)));

/** The second version of a batch. */
function again(batch: Batch): Batch {
  const isDrawn = batch.arrays[AGAIN]!;
  return {
    ...batch, tensors: takeBehind(AGAIN, batch.tensors), arrays: takeBehind(AGAIN, batch.arrays),
    weights: batch.weights.map((weight, sample) => weight * isDrawn[sample]!),
  };
}

/** What the trunk makes of each sample at every stage, [B, C], when it first sees a version: averaged over places, and over a sample's images. */
function watch(net: Net, numSamples: number): { readonly net: Net; rows(): NamedTensors } {
  let seen: readonly Tensor4D[] | undefined;
  return {
    net: {
      ...net,
      encode(images, options) {
        const maps = net.encode(images, options);
        if (options?.weights !== 'teacher') seen ??= maps;
        return maps;
      },
    },
    rows: () => Object.fromEntries((seen ?? []).map((maps, stage) => {
      const means = tf.mean<Tensor2D>(maps, [1, 2]);
      return [stage, tf.mean(tf.reshape(means, [numSamples, -1, means.shape[1]]), 1)];
    })),
  };
}

/** The logits of the first version as the second one should have them, and 1 for each sample of which that can be said. */
function moveLogits(logitsBK: Tensor2D, move: MoveClasses, first: Batch, second: Batch): { readonly targetBK: Tensor2D; readonly canSay: Float32Array } {
  const [numSamples, numClasses] = logitsBK.shape;
  const places = new Int32Array(numSamples * numClasses);
  const canSay = new Float32Array(numSamples);
  for (let sample = 0; sample < numSamples; sample++) {
    const moved = second.weights[sample] === 0 ? undefined
      : move(sliceSample(first.arrays, sample, numSamples), sliceSample(second.arrays, sample, numSamples));
    canSay[sample] = moved ? 1 : 0;
    for (let k = 0; k < numClasses; k++) places[sample * numClasses + k] = sample * numClasses + (moved?.[k] ?? k);
  }
  const flat = tf.reshape<tf.Rank.R1>(logitsBK, [numSamples * numClasses]);
  return { targetBK: tf.reshape(tf.gather(flat, tf.tensor1d(places, 'int32')), [numSamples, numClasses]), canSay };
}

/** Its own losses by one head. */
function compareFeatures(rule: FeatureRule, oneBC: Tensor2D, otherBC: Tensor2D, { net, weightsB }: { readonly net: Net; readonly weightsB: Tensor1D }): { readonly perSample: Tensor1D; readonly metrics: Record<string, Measured> } {
  const parameters = ownOf(rule.name, net.named());
  const project = (rowsBC: Tensor2D): Tensor2D => projectRows(rowsBC, rule.head, parameters, weightsB);
  const [one, other] = [project(oneBC), project(otherBC)];
  const predict = (rowsBD: Tensor2D): Tensor2D => predictRows(rowsBD, rule.predictor!, parameters, weightsB);
  const losses = {
    infoNce: () => halve(tellApart(one, other, weightsB, rule.temperature), tellApart(other, one, weightsB, rule.temperature)),
    vicreg: () => Object.values(vicreg(one, other, weightsB, VICREG)).map(({ perSample }) => perSample).reduce((sum, each) => tf.add(sum, each)),
    cosine: () => halve(cosineDistance(predict(one), other), cosineDistance(predict(other), one)),
  };
  return { perSample: losses[rule.loss](), metrics: putBehind(rule.name, measureEmbedding(one, other, weightsB)) };
}

const halve = (one: Tensor1D, other: Tensor1D): Tensor1D => tf.mul(tf.add(one, other), 0.5);

/** Each row must be nearer to its own among the others than to those of other samples that count. */
function tellApart(oneBD: Tensor2D, otherBD: Tensor2D, weightsB: Tensor1D, temperature: number): Tensor1D {
  const others = toUnitRows(otherBD);
  const leftOutBK = tf.maximum<Tensor2D>(tf.eye(oneBD.shape[0]), tf.sub(1, weightsB));
  return contrast({ queriesBD: toUnitRows(oneBD), keysBD: others, othersKD: others, leftOutBK }, temperature).terms['infoNce']!.perSample;
}

const SEEN = 'seen';

export function repeatObjective(objective: Objective, rules: ConsistencyRules, options: Consistency): Objective {
  function compareAllPredictions(predictions: NamedTensors, first: Batch, ramp: number): Pick<Outcome, 'terms' | 'metrics'> {
    const second = again(first);
    const terms: Record<string, Term> = {};
    const metrics: Record<string, Measured> = {};
    for (const [name, move] of Object.entries(rules.predictions)) {
      // A task whose turn it is not says nothing.
      const nothing = tf.zeros<tf.Rank.R1>([first.numSamples]);
      const given = predictions[name] as Tensor2D | undefined;
      const moved = given && moveLogits(given, move, first, second);
      const weight = tf.tensor1d(second.weights.map((used, sample) => used * (moved?.canSay[sample] ?? 0)));
      const agreed = moved ? compareClasses({ logitsBK: predictions[`${AGAIN}/${name}`] as Tensor2D, targetBK: moved.targetBK }, options.predictions!)
        : { loss: nothing, isConfident: nothing, agrees: nothing };
      terms[inConsistency(name)] = { perSample: countBy(ramp, tf.mul(agreed.loss, options.weight)), weight };
      metrics[inConsistency(`${name}/confident`)] = { perSample: agreed.isConfident, weight };
      metrics[inConsistency(`${name}/agreement`)] = { perSample: agreed.agrees, weight };
    }
    return { terms, metrics };
  }

  function compareAllFeatures(predictions: NamedTensors, batch: Batch, net: Net, ramp: number): Pick<Outcome, 'terms' | 'metrics'> {
    const weight = tf.tensor1d(again(batch).weights);
    const compared = rules.features.map((rule) => {
      const [one, other] = [SEEN, `${AGAIN}/${SEEN}`].map((version) => predictions[`${version}/${rule.stage}`] as Tensor2D);
      return { rule, ...compareFeatures(rule, one!, other!, { net, weightsB: weight }) };
    });
    return {
      terms: Object.fromEntries(compared.map(({ rule, perSample }) => [rule.name, { perSample: countBy(ramp, tf.mul(perSample, options.weight * rule.weight)), weight }])),
      metrics: Object.fromEntries(compared.flatMap(({ metrics }) => Object.entries(metrics).map(([name, metric]) => [name, { ...metric, weight }]))),
    };
  }

  return {
    predict(batch, net) {
      const [first, second] = [watch(net, batch.numSamples), watch(net, batch.numSamples)];
      const [predicted, predictedAgain] = [objective.predict(batch, first.net), objective.predict(again(batch), second.net)];
      return { ...predicted, ...putBehind(SEEN, first.rows()), ...putBehind(AGAIN, { ...predictedAgain, ...putBehind(SEEN, second.rows()) }) };
    },
    losses(predictions, batch, net) {
      const own = objective.losses(predictions, batch, net);
      const ramp = rampAt(net.progress ?? 1, options.ramp);
      const [alike, seenAlike] = [compareAllPredictions(predictions, batch, ramp), compareAllFeatures(predictions, batch, net, ramp)];
      return { ...own, terms: { ...own.terms, ...alike.terms, ...seenAlike.terms }, metrics: { ...own.metrics, ...alike.metrics, ...seenAlike.metrics } };
    },
  };
}
