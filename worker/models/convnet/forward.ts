// The forward pass of the plain ConvNet.

import { applyConvolution } from '../layers.js';
import type { ModelForward } from '../model.js';
import { planStages, type ConvnetOptions } from './shape.js';

export const convnet: ModelForward<ConvnetOptions> = {
  apply(weights, inputsNHWC, options, context) {
    let features = inputsNHWC;
    return planStages(options).map(({ convolutions }) => {
      for (const layer of convolutions) features = applyConvolution(layer, weights, features, context);
      return features;
    });
  },
};
