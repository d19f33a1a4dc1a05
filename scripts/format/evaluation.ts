// What an evaluation found, in words.

import type { Classification } from '../../worker/evaluate/classification.js';
import type { LearntScores } from '../../worker/evaluate/learnt-meter.js';
import type { MultiLabelScores } from '../../worker/evaluate/multi-label.js';
import type { MetricScore, PretextScore } from '../../worker/evaluate/pretext.js';
import type { RetrievalScore, StageScores } from '../../worker/evaluate/score-stages.js';
import type { Segmentation } from '../../worker/evaluate/segmentation.js';
import type { EvaluationResult } from '../actions/evaluate-run.js';
import { formatUnusable } from './unusable.js';

/** Of an accuracy on so many items: no more than this wherever the accuracy lies. */
export const largestStandardError = (numItems: number): number => Math.sqrt(0.25 / numItems);

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** A share of puzzles in per cent, other metrics as they are. */
const show = (value: number, { ceiling }: MetricScore): string => (ceiling === 1 ? percent(value) : value.toFixed(3));

function formatMetric(name: string, score: MetricScore): string {
  const { mean, standardError, chance } = score;
  const guess = chance === undefined ? '' : `, chance ${show(chance, score)}`;
  return `${name} ${show(mean, score)} (standard error ${show(standardError, score)}${guess})`;
}

function formatPretext({ metrics, numPuzzles }: PretextScore): string[] {
  if (Object.keys(metrics).length === 0) return [];
  if (numPuzzles === 0) return ['pretext     no puzzle could be made of the held-out items'];
  const lines = Object.entries(metrics).map(([name, score]) => formatMetric(name, score));
  return [`pretext     ${numPuzzles} puzzles of held-out items: ${lines.join('; ')}`];
}

function formatClassification({ accuracy, standardError, numItems, calibrationError, meanConfidence, mostConfused, classes }: Classification): string[] {
  const leaning = meanConfidence > accuracy ? 'too sure' : 'not sure enough';
  const support = classes.find(({ name }) => name === mostConfused?.label)?.support;
  return [
    `classes     accuracy ${percent(accuracy)} on ${numItems} test items (standard error ${percent(standardError)}); calibration error ${percent(calibrationError)}, on average ${leaning}`,
    ...(mostConfused ? [`  most often mistaken: ${mostConfused.label} for ${mostConfused.guess}, ${mostConfused.count} of ${support}`] : []),
  ];
}

function formatMultiLabel({ meanAveragePrecision, chance, numItems, classes }: MultiLabelScores): string[] {
  const counted = classes.filter(({ support }) => support > 0);
  const worst = counted.reduce((a, b) => (b.averagePrecision! < a.averagePrecision! ? b : a));
  return [
    `classes     mean average precision ${percent(meanAveragePrecision)} over ${counted.length} classes on ${numItems} test items (chance ${percent(chance)})`,
    `  told worst: ${worst.name}, average precision ${percent(worst.averagePrecision!)} (chance ${percent(worst.chance!)}), ${worst.support} of the items`,
  ];
}

function formatSegmentation({ meanIou, pixelAccuracy, chance, numPictures, classes, mostConfused }: Segmentation): string[] {
  const support = classes.find(({ name }) => name === mostConfused?.label)?.support;
  return [
    `pixels      mean intersection over union ${percent(meanIou)} (chance ${percent(chance.meanIou)}) over ${classes.filter((each) => each.support > 0).length} classes in ${numPictures} test pictures; pixels told right ${percent(pixelAccuracy)} (chance ${percent(chance.pixelAccuracy)})`,
    ...(mostConfused ? [`  most often mistaken: ${mostConfused.label} for ${mostConfused.guess}, ${percent(mostConfused.count / support!)} of its pixels`] : []),
  ];
}

/** What was learnt from labels, of whatever kind they are. */
const formatLearnt = ({ classification, multiLabel, segmentation }: LearntScores): string[] =>
  [...(classification ? formatClassification(classification) : []), ...(multiLabel ? formatMultiLabel(multiLabel) : []), ...(segmentation ? formatSegmentation(segmentation) : [])];

/** Of the last stage. */
function formatRetrieval({ stage, retrieval = [] }: StageScores): string[] {
  if (retrieval.length === 0) return [];
  const list = (of: (score: RetrievalScore) => number): string => retrieval.map((score) => percent(of(score))).join(', ');
  return [
    `retrieval   ${stage}: a clip to test on has one of its class among the ${retrieval.map(({ nearest }) => nearest).join(', ')} nearest: ${list(({ recall }) => recall)}`,
    `  (same trunk untrained: ${list(({ recallRandomInit }) => recallRandomInit)}; chance: ${list(({ chance }) => chance)})`,
  ];
}

const formatProbe = (name: string, after: number | undefined, before: number | undefined): string[] =>
  (after === undefined || before === undefined ? [] : [`${name} ${percent(after).padStart(7)} (${percent(before)})`]);

const formatStage = ({ stage, linear, linearRandomInit, knn, knnRandomInit, attentive, attentiveRandomInit }: StageScores): string =>
  `  ${stage.padEnd(10)}${[...formatProbe('linear', linear, linearRandomInit), ...formatProbe('kNN', knn, knnRandomInit), ...formatProbe('attentive', attentive, attentiveRandomInit)].join('   ')}`;

/** Lines without their ends. */
export function formatEvaluation({ pretext, stages, numTrain, numTest, numClasses, unusable, ...learnt }: EvaluationResult): string[] {
  const solved = [...formatUnusable(unusable), ...formatPretext(pretext), ...formatLearnt(learnt)];
  if (stages.length === 0) return [...solved, 'probes      none: they need labels (folders by class, or labels.csv) of at least two classes in both splits'];
  return [
    ...solved,
    `probes      accuracy on ${numTest} test items of ${numClasses} classes, trained on ${numTrain}; frozen trunk (same trunk untrained)`,
    `  standard error of each up to ${percent(largestStandardError(numTest))}: a smaller difference says little`,
    ...stages.map(formatStage),
    ...formatRetrieval(stages.at(-1)!),
  ];
}

/** How many of the held-out items a task that learns from labels gets right; no line for other tasks. */
export function describeAccuracy({ pretext: { metrics }, stages, numTest }: Pick<EvaluationResult, 'pretext' | 'stages' | 'numTest'>, labelShare: number): string[] {
  const { accuracy } = metrics;
  if (!accuracy) return [];
  return [
    `accuracy on ${numTest} held-out items: ${formatMetric('', accuracy).trim()}`,
    ...(labelShare < 1 && stages.length > 0 ? ['The probes above learn from all labels, also from those that the run was not shown.'] : []),
  ];
}
