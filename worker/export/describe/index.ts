// Every trunk by its name in a recipe, described as a graph, and the whole graph of a checkpoint. Loads no tensor library.

import type { ModelShape } from '../../models/model.js';
import { RESNET18 } from '../../models/resnet18/shape.js';
import { RESNET34 } from '../../models/resnet34/shape.js';
import { RESNET50 } from '../../models/resnet50/shape.js';
import { modelShapes, type ModelName } from '../../models/shapes.js';
import { HEADS, type Exported } from '../exported.js';
import { INPUT, NORMALISED, type Graph, type GraphOutput } from '../graph.js';
import { createBuilder, type Builder, type MapOf } from './builder.js';
import { convnet } from './convnet.js';
import { describeResnet } from './resnet.js';
import { createValues, type Values } from './values.js';
import { vit } from './vit.js';

export interface Described<Options> {
  readonly options: Options;
  /** Of the picture. */
  readonly channels: number;
  readonly trunk: Values;
}

/** Adds the nodes of a trunk; gives the map of every stage. */
export type Describe<Options> = (builder: Builder, input: MapOf, described: Described<Options>) => readonly MapOf[];

const describers = {
  convnet, resnet18: describeResnet(RESNET18), resnet34: describeResnet(RESNET34), resnet50: describeResnet(RESNET50), vit,
} satisfies Record<ModelName, unknown>;

/** Outputs: the map of every stage, `features` (the last one averaged over places), and `logits` where there are classes. */
export function describeGraph({ model, side, pixels, arrays, classes, answers = 'one' }: Exported): Graph {
  const trunk = createValues(arrays);
  const builder = createBuilder(trunk);
  const { channels, mean, deviation } = pixels;
  const describe = describers[model.name as ModelName] as Describe<unknown>;
  const maps = describe(builder, { node: NORMALISED, side }, { options: model.options, channels, trunk });
  const stages = (modelShapes[model.name as ModelName] as ModelShape).stages(model.options);
  const width = stages.at(-1)!.channels;
  const outputs: GraphOutput[] = maps.map((map, s) => ({ name: stages[s]!.name, ...map, kind: 'map', channels: stages[s]!.channels }));
  const features = builder.add({ name: 'trunk/mean', op: 'mean', input: maps.at(-1)!.node });
  outputs.push({ name: 'features', node: features, kind: 'vector', side: 1, channels: width });
  if (classes) {
    const node = builder.dense({ name: HEADS[answers], numInputs: width, numOutputs: classes.length }, features, 0);
    outputs.push({ name: 'logits', node, kind: 'vector', side: 1, channels: classes.length });
  }
  return { input: INPUT, side, channels, mean, deviation, nodes: builder.nodes, outputs };
}
