// Samples of a task as one picture: a row a sample, what there was, what the task made of it, the answer.

import sharp, { type OverlayOptions } from 'sharp';
import type { Shown, Tile } from './show-array.js';

export interface SheetGroup {
  readonly title: string;
  readonly shown: Shown;
}

export interface SheetRow {
  readonly caption: string;
  readonly groups: readonly SheetGroup[];
}

const TILE = 96;
const GAP = 4;
const GROUP_GAP = 20;
const LINE = 16;
const ROW = TILE + 2 * LINE + 2 * GAP;
const MARGIN = 8;
/** Of a character of the font that captions are in. */
const CHARACTER = 7;

interface Placed {
  readonly left: number;
  readonly top: number;
  readonly text?: string;
  readonly tile?: Tile;
}

/** Bytes of a PNG. Where the machine has no font the pictures are there without their captions. */
export async function drawContactSheet(rows: readonly SheetRow[]): Promise<Buffer> {
  const placed = rows.flatMap((row, index) => placeRow(row, MARGIN + index * ROW));
  const width = Math.max(...placed.map(({ left, text, tile }) => left + (tile ? TILE : 0) + (text?.length ?? 0) * CHARACTER)) + MARGIN;
  const height = 2 * MARGIN + rows.length * ROW;
  const inputs = await Promise.all(placed.map(async ({ left, top, tile, text }) => ({ left, top, ...(tile ? await scale(tile) : write(text!)) })));
  return sharp({ create: { width, height, channels: 3, background: 'white' } }).composite(inputs).png().toBuffer();
}

function placeRow({ caption, groups }: SheetRow, top: number): Placed[] {
  let left = MARGIN;
  return [{ left, top, text: caption }, ...groups.flatMap(({ title, shown }): Placed[] => {
    const start = left;
    const text = 'text' in shown ? `${title}: ${shown.text}` : title;
    const tiles = 'tiles' in shown ? shown.tiles : [];
    left += Math.max(tiles.length * (TILE + GAP), text.length * CHARACTER) + GROUP_GAP;
    return [{ left: start, top: top + LINE, text }, ...tiles.map((tile, i) => ({ left: start + i * (TILE + GAP), top: top + 2 * LINE, tile }))];
  })];
}

/** Fits a tile into its square without changing its shape. Raw bytes, for decoders of most formats are shut (shared/datasets/images.ts). */
async function scale({ pixelsHWC, height, width }: Tile): Promise<OverlayOptions> {
  const input = await sharp(pixelsHWC, { raw: { width, height, channels: 3 } })
    .resize(TILE, TILE, { fit: 'contain', background: 'white', kernel: Math.max(height, width) > TILE ? 'lanczos3' : 'nearest' }).raw().toBuffer();
  return { input, raw: { width: TILE, height: TILE, channels: 3 } };
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Pango reads markup. */
const escapeMarkup = (text: string): string => text.replace(/\p{Cc}/gu, '?').replace(/[&<>]/g, (character) => ENTITIES[character]!);

const write = (text: string): OverlayOptions => ({ input: { text: { text: `<span foreground="black">${escapeMarkup(text)}</span>`, font: 'sans 9', rgba: true } } });
