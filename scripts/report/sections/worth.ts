// What the trunk is worth: probes of every stage beside those of the same trunk before training.

import type { Recipe } from '../../../shared/recipe/schema.js';
import type { StageScores } from '../../../worker/evaluate/score-stages.js';
import type { EvaluationResult } from '../../actions/evaluate-run.js';
import { largestStandardError } from '../../format/evaluation.js';
import { percent, signedPoints } from '../figures.js';
import { html, table, type Filling, type Html } from '../html.js';
import type { Section } from '../section.js';

export const worth: Section = {
  id: 'worth',
  title: 'What the trunk is worth',
  render({ report, stages }) {
    const evaluation = report?.evaluation;
    if (!evaluation) return undefined;
    if (evaluation.stages.length === 0) return html`<p>No probes: they need labels (folders by class, or labels.csv) of at least two classes in both splits.</p>`;
    return html`${tellBest(evaluation)}${listProbes(evaluation, shareOf(stages.at(-1)!.recipe))}${listRetrieval(evaluation.stages)}`;
  },
};

function tellBest({ stages, numTest }: EvaluationResult): Html {
  const best = stages.reduce((a, b) => (b.linear > a.linear ? b : a));
  const gain = best.linear - Math.max(...stages.map(({ linearRandomInit }) => linearRandomInit));
  const error = Math.SQRT2 * largestStandardError(numTest);
  const told = html`<b>${best.stage}</b>, reads ${percent(best.linear)} by a linear probe`;
  if (gain > 2 * error) return html`<p>The best stage, ${told}, ${signedPoints(gain)} over the best stage of the same trunk untrained.</p>`;
  return html`<p>No stage is surely better than the best of the same trunk untrained: the best, ${told}, a difference of ${signedPoints(gain)} with a standard error of up to ${(100 * error).toFixed(1)}.</p>`;
}

const PROBES = [
  ['linear', ({ linear, linearRandomInit }: StageScores) => [linear, linearRandomInit]],
  ['kNN', ({ knn, knnRandomInit }: StageScores) => [knn, knnRandomInit]],
  ['attentive', ({ attentive, attentiveRandomInit }: StageScores) => [attentive, attentiveRandomInit]],
] as const;

/** Share of the labels that is learnt from: all where none is. */
const shareOf = ({ data: { classes, labelShare } }: Recipe): number => (classes ? labelShare ?? 1 : 1);

function listProbes({ stages, numTrain, numTest, numClasses }: EvaluationResult, labelShare: number): Html {
  const probes = PROBES.filter(([, of]) => stages.every((stage) => of(stage).every((value) => value !== undefined)));
  return table({
    caption: `Accuracy on ${numTest} test items of ${numClasses} classes, probes trained on ${numTrain}${labelShare < 1 ? ' with all of their labels, of which the run was shown a part' : ''}, the trunk frozen; standard error of each up to ${percent(largestStandardError(numTest))}`,
    head: ['stage', ...probes.flatMap(([name]) => [name, 'untrained', 'gain'])], numeric: probes.flatMap((_, i) => [3 * i + 1, 3 * i + 2, 3 * i + 3]),
    rows: stages.map((scores): Filling[] => [scores.stage, ...probes.flatMap(([, of]) => {
      const [after, before] = of(scores) as [number, number];
      return [html`<b>${percent(after)}</b>`, percent(before), signedPoints(after - before)];
    })]),
  });
}

/** Of the last stage. */
function listRetrieval(stages: readonly StageScores[]): Html | undefined {
  const { stage, retrieval = [] } = stages.at(-1)!;
  return retrieval.length === 0 ? undefined : table({
    caption: `Share of clips to test on that have one of their class among so many nearest ones to train on, by ${stage}`, head: ['nearest', 'this trunk', 'untrained', 'chance'], numeric: [0, 1, 2, 3],
    rows: retrieval.map(({ nearest, recall, recallRandomInit, chance }) => [nearest, html`<b>${percent(recall)}</b>`, percent(recallRandomInit), percent(chance)]),
  });
}
