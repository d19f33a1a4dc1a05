// What looks at held-out items found while the run went on.

import type { LookLine } from '../../../coordinator/observe/looks.js';
import { formatNumber } from '../../format/status.js';
import { drawChart } from '../chart.js';
import { html, table, type Html } from '../html.js';
import { listMetrics, nameStage, type StageData } from '../run-data.js';
import type { Section } from '../section.js';
import type { Point } from '../thin.js';

export const looks: Section = {
  id: 'looks',
  title: 'Looks at held-out items',
  render({ stages }) {
    const seen = stages.filter((stage) => stage.looks.length > 0);
    if (seen.length === 0) return undefined;
    return html`<p class="soft">From checkpoints, while the run went on. The spread of features falls, and their effective rank, where all pictures begin to look alike to the network.</p>${
      seen.map((stage) => html`${stages.length > 1 && html`<h3>${nameStage(stage)}</h3>`}<div class="charts">${drawStage(stage)}</div>${tellBest(stage)}${listGradients(stage)}`)}`;
  },
};

function drawStage(stage: StageData): (Html | undefined)[] {
  const pointsOf = (valueOf: (look: LookLine['look']) => number | undefined): Point[] => stage.looks.map(({ step, look }) => [step, valueOf(look) ?? NaN]);
  const solved = listMetrics(stage).map((name) => {
    const { chance, ceiling } = stage.learnt.metrics[name]!;
    return drawChart({
      title: name, x: 'step', y: ceiling === 1 ? 'share' : name, levels: chance === undefined ? [] : [{ name: 'guessing', y: chance }],
      series: [
        { name: 'held-out items', points: pointsOf(({ held }) => held.metrics[name]?.mean) },
        { name: 'items that are trained on', points: pointsOf(({ trained }) => trained.metrics[name]?.mean) },
      ],
    });
  });
  return [
    ...solved,
    drawChart({ title: 'Nearest neighbours, best stage', x: 'step', y: 'share of right classes', series: [{ name: 'this trunk', points: pointsOf(({ knn }) => knn?.trained) }, { name: 'before training', points: pointsOf(({ knn }) => knn?.untrained) }] }),
    drawChart({ title: 'Spread of features', x: 'step', y: 'deviation', series: [{ name: 'this trunk', points: pointsOf(({ spread }) => spread.deviation) }, { name: 'before training', points: pointsOf(({ spreadUntrained }) => spreadUntrained.deviation) }] }),
    drawChart({ title: 'Effective rank of features', x: 'step', y: 'directions', series: [{ name: 'this trunk', points: pointsOf(({ spread }) => spread.effectiveRank) }, { name: 'before training', points: pointsOf(({ spreadUntrained }) => spreadUntrained.effectiveRank) }] }),
  ];
}

function tellBest({ looks: seen }: StageData): Html | undefined {
  const best = seen.at(-1)?.best;
  return best && html`<p>Best checkpoint by ${best.metric}: step ${best.step}, ${formatNumber(best.value)}. <code>${best.checkpoint}</code></p>`;
}

function listGradients({ looks: seen }: StageData): Html | undefined {
  const last = seen.at(-1)!;
  const rows = Object.entries(last.look.gradient).map(([group, norm]) => [group, formatNumber(norm)]);
  return rows.length === 0 ? undefined : table({ caption: `Norm of the gradient of a microbatch at step ${last.step}: which parts learn`, head: ['arrays', 'norm'], rows, numeric: [1] });
}
