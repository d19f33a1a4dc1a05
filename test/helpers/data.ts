// Small data of the tests' own: videos that move, images that differ.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { makeSampleVideos } from '../../scripts/tools/sample-videos.js';
import { createRandom } from '../../shared/random/random.js';

export async function makeVideos(folder: string, numVideos = 10): Promise<void> {
  await makeSampleVideos(folder, { numVideos, seed: 7, seconds: 1.5, side: 48, fps: 10 });
}

/** Images of a few bright boxes on dark ground. */
export async function makeImages(folder: string, numImages = 16): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let index = 0; index < numImages; index++) {
    const random = createRandom({ seed: 3, epoch: 0, sample: index, purpose: 'image' });
    const boxes = Array.from({ length: 4 }, () => ({
      input: { create: { width: 4 + random.int(20), height: 4 + random.int(12), channels: 3 as const, background: { r: random.int(256), g: random.int(256), b: random.int(256) } } },
      left: random.int(24), top: random.int(36),
    }));
    await sharp({ create: { width: 48, height: 48, channels: 3, background: { r: 20, g: 20, b: 30 } } }).composite(boxes).png().toFile(join(folder, `${String(index).padStart(3, '0')}.png`));
  }
}
