// Items with those that the last stage finds most like them.

import { html, type Html } from '../html.js';
import type { Neighbour } from '../pictures/pictures.js';
import type { Section } from '../section.js';
import { showPicture } from '../show-picture.js';

export const neighbours: Section = {
  id: 'neighbours',
  title: 'Nearest neighbours',
  render({ pictures }) {
    if (!pictures || pictures.neighbours.length === 0) return undefined;
    return html`<p class="soft">On the left held-out items, beside them those of some training items that the last stage finds most like them. Numbers are 1 less the cosine of the angle between features; a class is green where it is the same.</p>
<div class="wide near"><table><caption>The nearest first</caption><tbody>${pictures.neighbours.map(({ asked, nearest }) => html`<tr><th scope="row">${show(asked, asked.label ?? '')}</th>${
  nearest.map((near) => html`<td>${show(near, `${near.distance.toFixed(3)} ${near.label ?? ''}`, near.label !== undefined && near.label === asked.label)}</td>`)}</tr>
`)}</tbody></table></div>`;
  },
};

const show = ({ path, picture }: Neighbour, text: string, isSame = false): Html => html`${showPicture(picture, { alt: path, side: 80 })}<div class="${isSame ? 'good' : 'soft'}" title="${path}">${text}</div>`;
