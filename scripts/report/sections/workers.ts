// Who took part when, and what became of them.

import { formatDuration } from '../../format/status.js';
import { formatTime } from '../figures.js';
import { html, table, type Html } from '../html.js';
import type { Attendance } from '../read-attendance.js';
import { nameStage, type RunData } from '../run-data.js';
import type { Section } from '../section.js';

export const workers: Section = {
  id: 'workers',
  title: 'Workers over time',
  render(run) {
    const { stages, attendance: { starts } } = run;
    if (stages.every((stage) => stage.workers.length === 0)) return undefined;
    const restarts = starts.slice(1);
    return html`<p>${restarts.length === 0 ? 'The coordinator was not restarted.' : `The coordinator was started again ${restarts.length === 1 ? 'once' : `${restarts.length} times`}: ${restarts.map(formatTime).join(', ')}.`}</p>
${drawAttendance(run.attendance, stages.length)}${listJoins(run)}${listEnds(run.attendance)}${listRollbacks(run)}`;
  },
};

const WIDTH = 900;
const LEFT = 130;
const RIGHT = 12;
const ROW = 24;
const MOST_ROWS = 40;

function drawAttendance({ presences, starts, fromMs, toMs, steps }: Attendance, numStages: number): Html | undefined {
  const names = [...new Set(presences.map(({ worker }) => worker))].slice(0, MOST_ROWS);
  if (names.length === 0 || toMs <= fromMs) return undefined;
  const place = (ms: number): string => (LEFT + ((ms - fromMs) / (toMs - fromMs)) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const height = names.length * ROW + 44;
  const shares = [0, 0.25, 0.5, 0.75, 1];
  return html`<figure class="chart"><figcaption>Connected workers; ${formatTime(fromMs)} to ${formatTime(toMs)}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${height}" role="img"><title>Connected workers over time</title><desc>${names.length} workers in ${formatDuration((toMs - fromMs) / 1000)}; the table below has the same in numbers.</desc>
${shares.map((share) => {
    const ms = fromMs + share * (toMs - fromMs);
    const step = steps.findLast(({ atMs }) => atMs <= ms);
    return html`<path class="grid" d="M${place(ms)} 4V${height - 36}"/><text class="tick" text-anchor="${share === 1 ? 'end' : share === 0 ? 'start' : 'middle'}" x="${place(ms)}" y="${height - 20}">${formatDuration((ms - fromMs) / 1000)}</text>
<text class="tick" text-anchor="${share === 1 ? 'end' : share === 0 ? 'start' : 'middle'}" x="${place(ms)}" y="${height - 5}">${step ? `${numStages > 1 ? `stage ${step.stage}, ` : ''}step ${step.step}` : ''}</text>`;
  })}
${names.map((name, row) => html`<text class="tick" text-anchor="end" x="${LEFT - 8}" y="${row * ROW + 20}">${shorten(name)}</text>${presences.filter(({ worker }) => worker === name).map(({ fromMs: from, toMs: to, end }) =>
    html`<rect class="dot s${row % 6}" x="${place(from)}" y="${row * ROW + 8}" width="${Math.max(1.5, Number(place(to)) - Number(place(from))).toFixed(1)}" height="${ROW - 10}" rx="2"><title>${name}: ${formatDuration((to - from) / 1000)}${end === undefined ? '' : `, then ${end}`}</title></rect>`)}`)}
${starts.slice(1).map((ms) => html`<path class="mark" d="M${place(ms)} 4V${height - 36}"><title>the coordinator was started again</title></path>`)}
</svg></figure>`;
}

const shorten = (name: string): string => (name.length > 16 ? `${name.slice(0, 15)}…` : name);

function listJoins({ stages }: RunData): Html {
  const rows = stages.flatMap((stage) => [...new Set(stage.workers.map(({ worker }) => worker))].map((name) => {
    const own = stage.workers.filter(({ worker }) => worker === name);
    const samples = stage.report?.workers.find(({ id }) => id === name)?.samples;
    return [...(stages.length > 1 ? [nameStage(stage)] : []), name, [...new Set(own.map(({ backend }) => backend))].join(', '), own.map(({ after }) => after).join(', '), samples ?? 'not known yet'];
  }));
  const more = stages.length > 1 ? 1 : 0;
  return table({
    caption: 'From the journal. Samples: those that a worker summed since the coordinator was last started',
    head: [...(more ? ['stage'] : []), 'worker', 'backend', 'joined after steps', 'samples'], rows, numeric: [2 + more, 3 + more],
  });
}

function listEnds({ presences, toMs }: Attendance): Html | undefined {
  const gone = presences.flatMap(({ worker, fromMs, toMs: to, end }) => (end === undefined ? [] : [[worker, formatDuration((to - fromMs) / 1000), formatTime(Math.min(to, toMs)), end]]));
  return gone.length === 0 ? undefined : table({ caption: 'Workers that were gone before the end', head: ['worker', 'after', 'at', 'why'], rows: gone.slice(0, MOST_ROWS) });
}

function listRollbacks({ stages }: RunData): Html | undefined {
  const rows = stages.flatMap((stage) => stage.rollbacks.map(({ from, to, reason }) => [nameStage(stage), `${from} to ${to}`, reason]));
  return rows.length === 0 ? undefined : table({ caption: 'Steps that were rolled back and run again', head: ['stage', 'steps', 'why'], rows });
}
