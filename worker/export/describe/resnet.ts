// ResNets as a graph.

import { planStages, planStem, poolOf, type Architecture, type Block, type ResnetOptions } from '../../models/resnet/plan.js';
import type { Builder, MapOf } from './builder.js';
import type { Describe } from './index.js';

function describeBlock(builder: Builder, { residual, shortcut }: Block, input: MapOf): MapOf {
  const changed = residual.reduce((map, layer) => builder.convolve(layer, map), input);
  const kept = shortcut ? builder.convolve(shortcut, input) : input;
  const name = residual[0]!.name.replace(/\/conv1$/, '');
  const sum = builder.add({ name: `${name}/sum`, op: 'add', left: changed.node, right: kept.node });
  return { node: builder.add({ name, op: 'relu', input: sum }), side: changed.side };
}

export const describeResnet = (architecture: Architecture): Describe<ResnetOptions> => (builder, input, { options, channels }) => {
  const stem = builder.convolve(planStem(options, channels), input);
  let map = options.stem === 'large' ? builder.pool(poolOf(options), stem) : stem;
  return planStages(architecture, options).map((blocks) => {
    for (const block of blocks) map = describeBlock(builder, block, map);
    return map;
  });
};
