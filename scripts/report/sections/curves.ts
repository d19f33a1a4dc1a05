// Losses and metrics of every stage, step by step, from the journal.

import type { CommitEntry } from '../../../coordinator/journal/entries.js';
import { drawChart } from '../chart.js';
import { html, type Html } from '../html.js';
import { listMetrics, nameStage, type StageData } from '../run-data.js';
import type { Section } from '../section.js';
import type { Point } from '../thin.js';

export const curves: Section = {
  id: 'curves',
  title: 'Curves',
  render({ stages }) {
    const drawn = stages.flatMap((stage) => {
      const charts = drawStage(stage);
      return charts.length === 0 ? [] : [html`${stages.length > 1 && html`<h3>${nameStage(stage)}</h3>`}<div class="charts">${charts}</div>`];
    });
    if (drawn.length === 0) return undefined;
    return html`<p class="soft">Of samples that are trained on, each drawn anew. Lines are means over neighbouring steps; the shade reaches from the lowest to the highest step.${stages.some(({ rollbacks }) => rollbacks.length > 0) && ' Upright dotted lines: steps after them were rolled back and run again.'}</p>${drawn}`;
  },
};

function drawStage(stage: StageData): Html[] {
  const { commits, learnt: { metrics, tasks: [task, ...others] } } = stage;
  const marks = stage.rollbacks.map(({ to, reason }) => ({ x: to, name: `rolled back to step ${to}: ${reason}` }));
  const terms = [...new Set(commits.flatMap((commit) => Object.keys(commit.terms)))];
  const chanceLoss = others.length === 0 && task?.terms.length === terms.length ? task.chanceLoss : undefined;
  const series = [{ name: 'loss', points: pointsOf(commits, ({ loss }) => loss) }, ...(terms.length > 1 ? terms.map((name) => ({ name, points: pointsOf(commits, (commit) => commit.terms[name]) })) : [])];
  const loss = drawChart({ title: 'loss', x: 'step', y: 'loss a sample', series, marks, mayBeLog: true, ...(chanceLoss !== undefined && { levels: [{ name: 'guessing', y: chanceLoss }] }) });
  const charts = listMetrics(stage).map((name) => drawChart({
    title: name, x: 'step', y: metrics[name]!.ceiling === 1 ? 'share' : name, marks, series: [{ name, points: pointsOf(commits, (commit) => commit.metrics[name]) }],
    levels: metrics[name]!.chance === undefined ? [] : [{ name: 'guessing', y: metrics[name]!.chance }],
  }));
  return [loss, ...charts].filter((chart) => chart !== undefined);
}

const pointsOf = (commits: readonly CommitEntry[], valueOf: (commit: CommitEntry) => number | null | undefined): Point[] =>
  commits.flatMap((commit) => {
    const value = valueOf(commit);
    return typeof value === 'number' ? [[commit.step, value] as const] : [];
  });
