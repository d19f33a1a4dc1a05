// A small picture in a page.

import { html, type Html } from './html.js';
import type { Picture } from './pictures/pictures.js';

/** Small pictures are enlarged to whole multiples, so that a pixel stays a square; `side` is about what the shorter side then has. */
export function showPicture({ png, width, height }: Picture, { alt, side }: { readonly alt: string; readonly side: number }): Html {
  const scale = Math.max(1, Math.floor(side / Math.min(width, height)));
  return html`<img src="data:image/png;base64,${png}" width="${scale * width}" height="${scale * height}" alt="${alt}">`;
}
