// What a step's time goes into, and how fast the run was.

import { formatNumber } from '../../format/status.js';
import { drawChart } from '../chart.js';
import { percent } from '../figures.js';
import { html, table, type Html } from '../html.js';
import { nameStage, type RunData } from '../run-data.js';
import type { Section } from '../section.js';

export const timing: Section = {
  id: 'timing',
  title: 'Time of a step',
  render(run) {
    const phases = listPhases(run);
    const speeds = run.stages.map((stage) => drawChart({
      title: run.stages.length > 1 ? `Speed, ${nameStage(stage)}` : 'Speed', x: 'step', y: 'samples a second',
      series: [{ name: 'speed', points: run.speeds.filter((line) => line.stage === stage.number).map(({ step, samplesPerSecond = NaN }) => [step, samplesPerSecond]) }],
    })).filter((chart) => chart !== undefined);
    return phases || speeds.length > 0 ? html`${phases}<div class="charts">${speeds}</div>` : undefined;
  },
};

const PHASES = [['computeMs', 'compute'], ['exchangeMs', 'exchange'], ['updateMs', 'update'], ['dataWaitMs', 'waiting for data']] as const;

function listPhases({ stages }: RunData): Html | undefined {
  const rows = stages.flatMap((stage) => {
    const { report } = stage;
    const phases = report?.phases;
    if (!phases || phases.stepMs <= 0) return [];
    return [[stages.length > 1 ? nameStage(stage) : 'all', ...PHASES.map(([key]) => `${formatNumber(Math.round(phases[key]))} ms (${percent(phases[key] / phases.stepMs)})`), `${formatNumber(Math.round(phases.stepMs))} ms`, report?.samplesPerSecond === undefined ? '' : formatNumber(report.samplesPerSecond)]];
  });
  return rows.length === 0 ? undefined : table({
    caption: 'Mean over workers and steps since the coordinator was last started; speed of the last steps', head: ['stage', ...PHASES.map(([, name]) => name), 'step', 'samples/s'], rows, numeric: [1, 2, 3, 4, 5, 6],
  });
}
