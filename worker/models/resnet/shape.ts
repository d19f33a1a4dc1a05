// What a ResNet is made of.

import { convolutionState } from '../layer-state.js';
import type { ModelShape, StageShape } from '../model.js';
import { expansionOf, planStages, planStem, resnetOptions, type Architecture, type ResnetOptions } from './plan.js';

export function createResnetShape(architecture: Architecture): ModelShape<ResnetOptions> {
  return {
    options: resnetOptions,
    stages({ width, stem }) {
      const stemStride = stem === 'small' ? 1 : 4;
      return architecture.depths.map((_, s): StageShape => {
        return { name: `stage${s + 1}`, channels: width * 2 ** s * expansionOf(architecture), stride: stemStride * 2 ** s };
      });
    },
    state(options, channels) {
      const blocks = planStages(architecture, options).flat();
      const convolutions = blocks.flatMap(({ residual, shortcut }) => (shortcut ? [...residual, shortcut] : residual));
      return [planStem(options, channels), ...convolutions].flatMap(convolutionState);
    },
  };
}
