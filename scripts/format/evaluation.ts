// What an evaluation found, in words.

import type { EvaluationResult } from '../actions/evaluate.js';

/** Of an accuracy on so many items: no more than this wherever the accuracy lies. */
const largestStandardError = (numItems: number): number => Math.sqrt(0.25 / numItems);

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Lines without their ends. */
export function formatEvaluation({ pretext, stages, numTrain, numTest, numClasses }: EvaluationResult): string[] {
  const { accuracy, standardError, chance, numPuzzles } = pretext;
  const solved = numPuzzles === 0
    ? 'pretext     no puzzle could be made of the held-out items'
    : `pretext     ${percent(accuracy)} of ${numPuzzles} puzzles of held-out items solved (standard error ${percent(standardError)}, chance ${percent(chance)}: ${(accuracy / chance).toFixed(1)} times)`;
  if (stages.length === 0) return [solved, 'probes      none: they need labels (folders by class, or labels.csv) of at least two classes in both splits'];
  return [
    solved,
    `probes      accuracy on ${numTest} test items of ${numClasses} classes, trained on ${numTrain}; frozen trunk (same trunk untrained)`,
    `  standard error of each up to ${percent(largestStandardError(numTest))}: a smaller difference says little`,
    ...stages.map(({ stage, linear, linearRandomInit, knn, knnRandomInit }) =>
      `  ${stage.padEnd(10)}linear ${percent(linear).padStart(7)} (${percent(linearRandomInit)})   kNN ${percent(knn).padStart(7)} (${percent(knnRandomInit)})`),
  ];
}
