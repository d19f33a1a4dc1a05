// What `pretext suggest` says, for people.

import type { Suggestion } from '../data/suggest.js';
import { percent, type DataTraits, type Fit } from '../data/task-fit.js';
import { formatLines } from './lines.js';

/** Several lines, the last one ended. */
export function formatSuggestion({ root, traits, fits, task, reasons = [], recipe }: Suggestion): string {
  const lines = [
    `${root} (${traits.source})`,
    ...describeTraits(traits).map((line) => `  ${line}`),
    'tasks that fit:',
    ...groupByReasons(fits.filter(({ fits: isFit }) => isFit)),
    'tasks that do not:',
    ...groupByReasons(fits.filter(({ fits: isFit }) => !isFit)),
  ];
  const advice = task === undefined ? 'No task fits these data.\n' : `begin with ${task}:\n${reasons.map((reason) => `  ${reason}\n`).join('')}\n${recipe}`;
  return `${formatLines(lines)}${advice}`;
}

/** Tasks of the same reasons on one line. */
function groupByReasons(fits: readonly Fit[]): string[] {
  const groups = new Map<string, string[]>();
  for (const { task, reasons } of fits) groups.set(reasons.join(' '), [...(groups.get(reasons.join(' ')) ?? []), task]);
  return [...groups].map(([reasons, tasks]) => `  ${tasks.join(', ')}${reasons === '' ? '' : `: ${reasons}`}`);
}

function describeLabels({ class: ofLabels, mask: ofMasks }: DataTraits['numClasses']): string {
  if (ofLabels + ofMasks === 0) return ', no labels';
  const labels = ofLabels === 1 ? ', labels of one class' : `, ${ofLabels} classes`;
  return [ofLabels > 0 ? labels : '', ofMasks > 0 ? `, masks of ${ofMasks} classes` : ''].join('');
}

function describeTraits({ kind, numTrain, shares, up, numClasses, shortSide, durationS }: DataTraits): string[] {
  return [
    `${numTrain} ${kind}s to train on${describeLabels(numClasses)}`,
    ...(shortSide > 0 ? [`half of them are at most ${shortSide} pixels high or wide`] : []),
    ...(kind === 'video' ? [`half of them last at most ${durationS.toFixed(1)} s; in ${percent(shares.still)} hardly anything moves; ${percent(shares.sounding)} have sound`] : []),
    `${percent(shares.near)} show nearly what another one shows; ${percent(shares.constant)} are of one colour, ${percent(shares.grey)} grey`,
    up === undefined ? 'too few pictures that differ to tell whether they have an up direction' : `an up direction shows by ${up.toFixed(1)} standard errors`,
  ];
}
