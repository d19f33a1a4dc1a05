// Whether pretraining pays, by the number of labels: the curve that `pretext curve` has left in the run's folder.

import { contenderInfos, contenders } from '../../curve/contenders.js';
import { curveFolderOf, readCurve } from '../../curve/curve-file.js';
import { drawCurve } from '../../curve/picture.js';
import { cellsOf, CURVE_HEAD } from '../../curve/words.js';
import { html, table } from '../html.js';
import type { Section } from '../section.js';

export const labelCurve: Section = {
  id: 'label-curve',
  title: 'Label curve',
  async render({ folder }) {
    const curve = await readCurve(curveFolderOf(folder));
    if (!curve) return undefined;
    const { rows, words: [first, ...others], stages, steps, numHeldOut, data } = curve;
    return html`<p class="lead">${first}</p>
<figure class="paper"><img alt="Accuracy over the number of labels; the table below has its numbers." width="760" style="max-width: 100%; height: auto" src="data:image/svg+xml;base64,${Buffer.from(drawCurve(curve)).toString('base64')}"></figure>
<ul>${others.map((line) => html`<li>${line}</li>`)}</ul>
${table({
      caption: `Accuracy on ${numHeldOut} held-out items of ${data} in per cent, ± deviation of the seeds; differences of the pretrained one in points (joint standard error)`,
      head: CURVE_HEAD, numeric: CURVE_HEAD.map((_, column) => column), rows: rows.map(cellsOf),
    })}
<p>${steps} steps for each, on the same labels and batches.</p>
<ul>${contenders.map((contender) => html`<li><b>${contender}</b>: ${contenderInfos[contender].words}; ${stages[contender].map((stage) => `${stage.steps} steps from ${stage.init}`).join(', then ')}</li>`)}</ul>`;
  },
};
