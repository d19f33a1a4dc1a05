// Puzzles of held-out items with what the network said, or what it painted.

import { percent } from '../figures.js';
import { html, type Html } from '../html.js';
import { showPicture } from '../show-picture.js';
import type { Picture, SolvedPuzzle } from '../pictures/pictures.js';
import type { Section } from '../section.js';

/** Widths of a puzzle's pictures by their heights, together: above this a puzzle gets more room. */
const WIDE_FROM = 3.5;

export const puzzles: Section = {
  id: 'puzzles',
  title: 'What the network makes of held-out items',
  render({ pictures }) {
    if (!pictures || pictures.puzzles.length === 0) return undefined;
    const told = pictures.puzzles.flatMap(({ said }) => said ?? []);
    const right = told.filter(({ isRight }) => isRight).length;
    const [answer, ...others] = new Set(pictures.puzzles.map((puzzle) => puzzle.answer));
    const isCommon = told.length === 0 && others.length === 0;
    const isWide = pictures.puzzles.some((puzzle) => puzzle.pictures.reduce((sum, picture) => sum + ratioOf(picture), 0) > WIDE_FROM);
    return html`<p class="soft">Puzzles of evenly spaced items, by the checkpoint of step ${pictures.step}.${told.length > 0 && ` ${right} of these ${told.length} are right: so few tell what kind of answers it gives, not how many are right.`}${isCommon && ` Asked for: ${answer}.`}</p>
<div class="puzzles${isWide && ' roomy'}">${pictures.puzzles.map((puzzle) => showPuzzle(puzzle, isCommon))}</div>`;
  },
};

const ratioOf = ({ width, height }: Picture): number => width / height;

function showPuzzle({ path, pictures, answer, said }: SolvedPuzzle, isCommon: boolean): Html {
  const shown = pictures.length === 1 ? showPicture(pictures[0]!, { alt: `${pictures[0]!.title} of ${path}`, side: 96 }) : html`<div class="row">${pictures.map((picture) =>
    html`<div style="flex: ${ratioOf(picture).toFixed(2)} 1 0">${showPicture(picture, { alt: `${picture.title} of ${path}`, side: 96 })}<span class="soft">${picture.title}</span></div>`)}</div>`;
  return html`<figure><figcaption>${path}</figcaption>${shown}
${said && html`<div><b class="${said.isRight ? 'good' : 'bad'}">${said.isRight ? 'right' : 'wrong'}</b>: said “${said.text}”, ${percent(said.sureness)} sure</div>${!said.isRight && html`<div>it is “${answer}”</div>`}`}${
  !said && !isCommon && html`<div class="soft">asked for: ${answer}</div>`}</figure>
`;
}
