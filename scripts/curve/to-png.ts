// A picture of our own, drawn as SVG, as a PNG.

import sharp from 'sharp';

/** Data are never read as SVG, which opens other files: it is allowed for what we draw, and for that long. */
const SVG = { operation: ['VipsForeignLoadSvg'] };
/** Twice as fine as the picture says. */
const DENSITY = 144;

/** Bytes of a PNG. Nothing else of this process may read pictures by then. */
export async function toPng(svg: string): Promise<Buffer> {
  sharp.unblock(SVG);
  try {
    return await sharp(Buffer.from(svg), { density: DENSITY }).png().toBuffer();
  } finally {
    sharp.block(SVG);
  }
}
