// Autoencoding: the decoder and the loss.

import type { Tensor4D } from '@tensorflow/tfjs-core';
import { planDecoder } from '../../heads/decoder-state.js';
import { applyDecoder } from '../../heads/decoder.js';
import { gainOver, meanColour, meanSquare } from '../../losses/pixels.js';
import type { ObjectiveFactory } from '../objective.js';
import { decoderOf, isDenoising, type AutoencoderOptions } from './puzzle.js';

export const autoencoder: ObjectiveFactory<AutoencoderOptions> = (options, sizes) => ({
  predict({ tensors }, net) {
    const features = net.encode((tensors['seen'] ?? tensors['picture']) as Tensor4D).at(-1)!;
    const plan = planDecoder(decoderOf(options, sizes), { side: features.shape[1], channels: features.shape[3] });
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
