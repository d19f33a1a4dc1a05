// Files that the listing rejected, and files whose samples were quarantined.

import { listFiles } from '../../../coordinator/run/unusable.js';
import { html, table, type Html } from '../html.js';
import { nameStage, type StageData } from '../run-data.js';
import type { Section } from '../section.js';

const MOST_ROWS = 40;

export const unusable: Section = {
  id: 'unusable',
  title: 'What could not be used',
  render({ stages }) {
    const parts = stages.flatMap((stage) => [listRejected(stage, stages.length), listQuarantined(stage, stages.length)]).filter((part) => part !== undefined);
    return parts.length === 0 ? undefined : html`${parts}`;
  },
};

const of = (stage: StageData, numStages: number): string => (numStages > 1 ? `${nameStage(stage)}. ` : '');

function listRejected(stage: StageData, numStages: number): Html | undefined {
  const { rejected } = stage;
  if (rejected.length === 0) return undefined;
  return html`${table({
    caption: `${of(stage, numStages)}Files that were found unusable when the data were listed: ${rejected.length}`, head: ['file', 'why', 'reason'],
    rows: rejected.slice(0, MOST_ROWS).map(({ path, code, reason }) => [path, code, reason]),
  })}${tellMore(rejected.length)}`;
}

function listQuarantined(stage: StageData, numStages: number): Html | undefined {
  const files = listFiles(stage.commits.flatMap((commit) => commit.unusable)).sort((a, b) => b.samples - a.samples);
  if (files.length === 0) return undefined;
  const samples = files.reduce((sum, file) => sum + file.samples, 0);
  const all = stage.commits.reduce((sum, { count }) => sum + count, 0);
  return html`${table({
    caption: `${of(stage, numStages)}Quarantined samples: ${samples} of ${all}, of ${files.length} files. They count as committed, with weight 0`, head: ['file', 'samples', 'why', 'first reason'], numeric: [1],
    rows: files.slice(0, MOST_ROWS).map(({ path, samples: own, code, reason }) => [path, own, code, reason]),
  })}${tellMore(files.length)}`;
}

const tellMore = (count: number): Html | false => count > MOST_ROWS && html`<p class="soft">And ${count - MOST_ROWS} more: quarantine.ndjson in the run's folder names them all.</p>`;
