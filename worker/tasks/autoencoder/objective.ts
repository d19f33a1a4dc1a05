// Autoencoding: the decoder and the loss.

import type { Tensor4D } from '@tensorflow/tfjs-core';
import { decoderOf } from '../../heads/decoder-state.js';
import { applyDecoder, planDecoderOver } from '../../heads/decoder.js';
import { gainOver, meanColour, meanSquare } from '../../losses/pixels.js';
import type { ObjectiveFactory } from '../objective.js';
import { isDenoising, type AutoencoderOptions } from './puzzle.js';

export const autoencoder: ObjectiveFactory<AutoencoderOptions> = (options, sizes) => ({
  predict({ tensors }, net) {
    const features = net.encode((tensors['seen'] ?? tensors['picture']) as Tensor4D).at(-1)!;
    const plan = planDecoderOver(decoderOf(options, sizes), features);
    return { picture: applyDecoder(plan, features, net.named()) };
  },
  losses({ picture }, { tensors, weights }) {
    const wanted = tensors['picture'] as Tensor4D;
    const error = meanSquare(picture as Tensor4D, wanted);
    return {
      terms: { pixels: { perSample: error } },
      metrics: {
        explained: gainOver(meanSquare(meanColour(wanted), wanted), error, weights),
        ...(isDenoising(options) && { cleaned: gainOver(meanSquare(tensors['seen'] as Tensor4D, wanted), error, weights) }),
      },
    };
  },
});
