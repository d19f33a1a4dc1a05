// What stands above all parts of a report: what the run is, how it went in a sentence, its verdict, its figures.

import { basename } from 'node:path';
import type { StageReport } from '../../coordinator/run/report.js';
import { countAllSteps, countSteps } from '../../coordinator/run/status.js';
import { nameTasks } from '../../shared/recipe/tasks.js';
import { formatDuration, formatNumber } from '../format/status.js';
import { formatValue, percent } from './figures.js';
import { html, type Html } from './html.js';
import type { RunData, StageData } from './run-data.js';
import { listVerdicts, showVerdict } from './sections/verdicts.js';

export function renderHead(run: RunData): Html {
  const { stages, title, state, fault } = run;
  const current = stages.findLast(({ hasBegun }) => hasBegun) ?? stages[0]!;
  const verdict = current.report?.verdict ?? listVerdicts(current).at(-1);
  const models = [...new Set(stages.map(({ recipe }) => recipe.model.name))].join(', ');
  return html`<h1>${title}</h1>
<p class="soft">${title !== basename(run.folder) && `In the folder ${basename(run.folder)}. `}Task ${[...new Set(stages.map(({ recipe }) => nameTasks(recipe)))].join(', then ')}; model ${models}; ${state}${stages.length > 1 && `, stage ${current.number} of ${stages.length}`}</p>
<p class="lead">${verdict && showVerdict(verdict)} ${describeResult(run, current)}</p>
${verdict && verdict.kind !== 'learning' && html`<p>${verdict.text}</p>`}${fault !== undefined && html`<p class="bad">The journal is damaged, and what follows is not shown: ${fault}</p>`}
<ul class="facts">${listFacts(run, current).map(([name, value]) => html`<li><b>${value}</b><span>${name}</span></li>`)}</ul>`;
}

function describeResult({ stages, report, state }: RunData, current: StageData): string {
  const [done, all] = [countOf(stages, current), countAllSteps({ stages: stages.map(({ recipe }) => recipe) })];
  const held = report?.evaluation && Object.entries(report.evaluation.pretext.metrics)[0];
  const solved = held ? ` Held-out items: ${held[0]} ${formatValue(held[1].mean, held[1])}${held[1].chance === undefined ? '' : `, where guessing gives ${formatValue(held[1].chance, held[1])}`}.` : '';
  const ended = { complete: `The run is complete: ${done} steps.`, 'under way': `The run is under way: ${done} of ${all} steps.`, 'broken off': `The run was broken off after ${done} of ${all} steps; --resume goes on with it.` };
  return ended[state] + solved;
}

const sumSamples = (stages: readonly StageReport[]) => ({
  planned: stages.reduce((sum, { samples }) => sum + samples.planned, 0),
  committed: stages.reduce((sum, { samples }) => sum + samples.committed, 0),
  quarantined: stages.reduce((sum, { samples }) => sum + samples.quarantined, 0),
});

const countOf = (stages: readonly StageData[], { number, commits }: StageData): number =>
  countSteps({ stages: stages.map(({ recipe }) => recipe) }, { stage: number, step: commits.at(-1)?.step ?? 0 });

function listFacts({ report, attendance: { fromMs, toMs } }: RunData, { commits }: StageData): [string, string][] {
  const best = report?.evaluation?.stages.reduce((most, { linear }) => Math.max(most, linear), 0) ?? 0;
  const { first, last } = report?.loss ?? { first: commits[0]?.loss, last: commits.at(-1)?.loss };
  const samples = report && sumSamples(report.stages);
  return [
    ...(typeof first === 'number' && typeof last === 'number' ? [[(report?.stages.length ?? 1) > 1 ? 'loss of the last stage, first to last' : 'loss, first to last', `${formatNumber(first)} → ${formatNumber(last)}`] as [string, string]] : []),
    ...(samples ? [['samples committed', `${samples.committed} of ${samples.planned}`] as [string, string]] : []),
    ...(samples && samples.quarantined > 0 ? [['of them quarantined', `${samples.quarantined}`] as [string, string]] : []),
    ...(best > 0 ? [['best linear probe', percent(best)] as [string, string]] : []),
    ...(toMs > fromMs ? [['on record', formatDuration((toMs - fromMs) / 1000)] as [string, string]] : []),
  ];
}
