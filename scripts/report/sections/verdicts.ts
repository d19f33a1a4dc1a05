// Whether each stage learns, in words: its verdicts in the order in which they changed, as the run gave them.

import { isRecent, restore } from '../../../coordinator/observe/judge-run.js';
import type { LookLine } from '../../../coordinator/observe/looks.js';
import { judge, type Verdict } from '../../../coordinator/observe/verdict.js';
import { html, table } from '../html.js';
import { nameStage, type StageData } from '../run-data.js';
import type { Section } from '../section.js';

export const verdicts: Section = {
  id: 'verdicts',
  title: 'Verdicts',
  render({ stages }) {
    const judged = stages.map((stage) => ({ stage, given: listVerdicts(stage) })).filter(({ given }) => given.length > 0);
    if (judged.length === 0) return undefined;
    return html`${judged.map(({ stage, given }) => table({
      caption: stages.length > 1 ? nameStage(stage) : 'When the verdict changed, and the last one', head: ['step', 'verdict', 'what was seen'],
      rows: given.map((verdict) => [verdict.step, showVerdict(verdict), verdict.text]), numeric: [0],
    }))}`;
  },
};

const MOODS: Readonly<Record<Verdict['kind'], string>> = {
  learning: 'good', early: 'soft', 'at chance': 'doubt', 'too easy': 'doubt', overfitting: 'doubt', diverging: 'bad', collapsed: 'bad',
};

export const showVerdict = ({ kind }: Pick<Verdict, 'kind'>) => html`<span class="verdict ${MOODS[kind]}">${kind}</span>`;

/** The first verdict of each kind in a row, and the last of all. */
export function listVerdicts({ commits, learnt, looks, recipe }: Pick<StageData, 'commits' | 'learnt' | 'looks' | 'recipe'>): Verdict[] {
  const { windows } = restore(commits, learnt);
  const all = windows.flatMap((window, i) => judge(windows.slice(0, i + 1), learnt, findRecent(looks, window.step, recipe.evaluate.everySteps)) ?? []);
  return all.filter((verdict, i) => verdict.kind !== all[i - 1]?.kind || i === all.length - 1);
}

/** The last look by then, if it counts. */
function findRecent(looks: readonly LookLine[], step: number, everySteps: number | undefined): LookLine['look'] | undefined {
  const last = looks.findLast((line) => line.step <= step);
  return last && isRecent(last, step, everySteps) ? last.look : undefined;
}
