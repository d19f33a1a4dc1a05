// Which part of its item a sample is, decoded.

import type { Item } from '../../shared/datasets/dataset.js';
import { dropUndefined } from '../../shared/drop-undefined.js';
import type { LeasedSample } from '../../shared/protocol/messages.js';
import { createRandom } from '../../shared/random/random.js';
import type { Decoder } from '../decode/decoder.js';
import type { Media } from '../decode/media.js';

function toItem({ item, path, kind, bytes, content, durationS, width, height, mask }: LeasedSample): Item {
  return {
    index: item, path, kind, bytes, split: 'train',
    ...dropUndefined({ content, durationS, width, height, mask }),
  };
}

/** Frames and sound of the segment that the sample's key draws. Throws what the decoder throws. */
export function decodeSample(decoder: Decoder, leased: LeasedSample, seed: number): Promise<Media> {
  const { epoch, sample } = leased;
  const item = toItem(leased);
  const segments = decoder.numSegments(item);
  const segment = createRandom({ seed, epoch, sample, purpose: 'segment' }).int(segments);
  return decoder.decode(item, segment);
}
