// What the trunk is worth: probes of every stage beside those of the same trunk before training.

import { formatEvaluation } from '../../format/evaluation.js';
import { percent, signedPoints } from '../figures.js';
import { html, table } from '../html.js';
import type { Section } from '../section.js';

export const worth: Section = {
  id: 'worth',
  title: 'What the trunk is worth',
  render({ report }) {
    const evaluation = report?.evaluation;
    if (!evaluation) return undefined;
    const { stages, numTrain, numTest, numClasses } = evaluation;
    if (stages.length === 0) return html`<p>${formatEvaluation(evaluation).at(-1)!.replace(/^probes +/, 'Probes: ')}.</p>`;
    const error = Math.sqrt(0.25 / numTest);
    const best = stages.reduce((a, b) => (b.linear > a.linear ? b : a));
    const gain = best.linear - Math.max(...stages.map(({ linearRandomInit }) => linearRandomInit));
    return html`<p>${gain > 2 * Math.SQRT2 * error
      ? html`The best stage, <b>${best.stage}</b>, reads ${percent(best.linear)} by a linear probe, ${signedPoints(gain)} over the best stage of the same trunk untrained.`
      : html`No linear probe is surely better than those of the same trunk untrained: the best, <b>${best.stage}</b>, reads ${percent(best.linear)}, a difference of ${signedPoints(gain)}, with a standard error of up to ${signedPoints(Math.SQRT2 * error).replace('+', '')}.`}</p>
${table({
      caption: `Accuracy on ${numTest} test items of ${numClasses} classes, probes trained on ${numTrain}, the trunk frozen; standard error of each up to ${percent(error)}`,
      head: ['stage', 'linear', 'untrained', 'gain', 'kNN', 'untrained', 'gain'], numeric: [1, 2, 3, 4, 5, 6],
      rows: stages.map(({ stage, linear, linearRandomInit, knn, knnRandomInit }) => [
        stage, html`<b>${percent(linear)}</b>`, percent(linearRandomInit), signedPoints(linear - linearRandomInit), html`<b>${percent(knn)}</b>`, percent(knnRandomInit), signedPoints(knn - knnRandomInit),
      ]),
    })}`;
  },
};
