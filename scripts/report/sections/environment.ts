// On what the run was made.

import { html, table } from '../html.js';
import type { Section } from '../section.js';
import { formatTime } from '../figures.js';

export const environment: Section = {
  id: 'environment',
  title: 'Environment',
  render({ stages, attendance: { presences, fromMs, toMs }, report }) {
    const backends = [...new Set(stages.flatMap((stage) => stage.workers.map(({ backend }) => backend)))];
    const hosts = [...new Set(presences.map(({ host }) => host).filter((host) => host !== ''))];
    const lost = report?.lostLines ?? [];
    if (backends.length === 0) return undefined;
    return html`${table({
      caption: 'What the journal and the log say',
      rows: [
        ['backends', backends.join(', ')],
        ...(hosts.length === 0 ? [] : [['machines of workers', hosts.join(', ')]]),
        ...(toMs > fromMs ? [['on record', `${formatTime(fromMs)} to ${formatTime(toMs)}`]] : []),
      ],
    })}${backends.length > 1 && html`<p>Backends of several kinds took part: replicas were kept equal, but the bits are not those of any one kind.</p>`}
${lost.map(({ path, lines, reason }) => html`<p>${lines} lines of <code>${path}</code> are lost: ${reason}</p>`)}`;
  },
};
