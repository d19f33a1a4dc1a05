// The plain ConvNet as a graph.

import { planStages, type ConvnetOptions } from '../../models/convnet/shape.js';
import type { Describe } from './index.js';

export const convnet: Describe<ConvnetOptions> = (builder, input, { options, channels }) => {
  let map = input;
  return planStages(options, channels).map(({ convolutions }) => {
    for (const layer of convolutions) map = builder.convolve(layer, map);
    return map;
  });
};
