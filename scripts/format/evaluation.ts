// What an evaluation found, in words.

import type { MetricScore, PretextScore } from '../../worker/evaluate/pretext.js';
import type { EvaluationResult } from '../actions/evaluate-run.js';

/** Of an accuracy on so many items: no more than this wherever the accuracy lies. */
const largestStandardError = (numItems: number): number => Math.sqrt(0.25 / numItems);

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** A share of puzzles in per cent, other metrics as they are. */
const show = (value: number, { ceiling }: MetricScore): string => (ceiling === 1 ? percent(value) : value.toFixed(3));

function formatMetric(name: string, score: MetricScore): string {
  const { mean, standardError, chance } = score;
  const guess = chance === undefined ? '' : `, chance ${show(chance, score)}`;
  return `${name} ${show(mean, score)} (standard error ${show(standardError, score)}${guess})`;
}

function formatPretext({ metrics, numPuzzles }: PretextScore): string[] {
  if (numPuzzles === 0) return ['pretext     no puzzle could be made of the held-out items'];
  const lines = Object.entries(metrics).map(([name, score]) => formatMetric(name, score));
  return [`pretext     ${numPuzzles} puzzles of held-out items: ${lines.join('; ')}`];
}

/** Lines without their ends. */
export function formatEvaluation({ pretext, stages, numTrain, numTest, numClasses }: EvaluationResult): string[] {
  const solved = formatPretext(pretext);
  if (stages.length === 0) return [...solved, 'probes      none: they need labels (folders by class, or labels.csv) of at least two classes in both splits'];
  return [
    ...solved,
    `probes      accuracy on ${numTest} test items of ${numClasses} classes, trained on ${numTrain}; frozen trunk (same trunk untrained)`,
    `  standard error of each up to ${percent(largestStandardError(numTest))}: a smaller difference says little`,
    ...stages.map(({ stage, linear, linearRandomInit, knn, knnRandomInit }) =>
      `  ${stage.padEnd(10)}linear ${percent(linear).padStart(7)} (${percent(linearRandomInit)})   kNN ${percent(knn).padStart(7)} (${percent(knnRandomInit)})`),
  ];
}

/** How many of the held-out items a task that learns from labels gets right; no line for other tasks. */
export function describeAccuracy({ pretext: { metrics }, numTest }: Pick<EvaluationResult, 'pretext' | 'numTest'>): string[] {
  const { accuracy } = metrics;
  if (!accuracy) return [];
  return [`accuracy on ${numTest} held-out items: ${formatMetric('', accuracy).trim()}`];
}
