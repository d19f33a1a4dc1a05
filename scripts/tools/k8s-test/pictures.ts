// Small pictures to train on: each a few bright boxes on dark ground, drawn by its number.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { createRandom } from '../../../shared/random/random.js';

const SIDE = 48;

export async function makePictures(folder: string, count: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (let number = 0; number < count; number++) {
    const random = createRandom({ seed: 1, epoch: 0, sample: number, purpose: 'image' });
    const boxes = Array.from({ length: 4 }, () => ({
      input: { create: { width: 4 + random.int(20), height: 4 + random.int(12), channels: 3 as const, background: { r: random.int(256), g: random.int(256), b: random.int(256) } } },
      left: random.int(SIDE - 24), top: random.int(SIDE - 16),
    }));
    await sharp({ create: { width: SIDE, height: SIDE, channels: 3, background: { r: 20, g: 20, b: 30 } } }).composite(boxes).png().toFile(join(folder, `${String(number).padStart(3, '0')}.png`));
  }
}
