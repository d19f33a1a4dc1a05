// The model of ours that a file of another library's convention is of, as what a recipe says of it.

import type { NamedShape } from './convention.js';

export interface SuggestedModel {
  readonly name: string;
  readonly options: Readonly<Record<string, string | number | boolean>>;
}

/** Block and depths of the ResNets that there are. */
const RESNETS: Readonly<Record<string, string>> = { 'basic 2,2,2,2': 'resnet18', 'basic 3,4,6,3': 'resnet34', 'bottleneck 3,4,6,3': 'resnet50' };

type ShapeOf = (name: string) => readonly number[] | undefined;

/** How many of these there are: 0, 1, 2 and so on, without a gap. */
function count(isThere: (i: number) => boolean): number {
  let i = 0;
  while (isThere(i)) i += 1;
  return i;
}

function suggestResnet(shapeOf: ShapeOf): SuggestedModel | undefined {
  const stem = shapeOf('conv1.weight');
  if (stem?.length !== 4) return undefined;
  // ResNeXt and wide ResNets have the same names and depths.
  const inner = shapeOf('layer1.0.conv2.weight');
  if (inner?.join() !== [stem[0], stem[0], 3, 3].join()) return undefined;
  const depths = [1, 2, 3, 4].map((stage) => count((block) => shapeOf(`layer${stage}.${block}.conv1.weight`) !== undefined));
  const block = shapeOf('layer1.0.conv3.weight') ? 'bottleneck' : 'basic';
  const name = RESNETS[`${block} ${depths.join()}`];
  if (name === undefined) return undefined;
  return {
    name, options: { width: stem[0]!, stem: stem[2] === 7 ? 'large' : 'small', norm: shapeOf('bn1.running_mean') ? 'batch' : 'group', padding: 'torch' },
  };
}

function suggestVit(shapeOf: ShapeOf): SuggestedModel | undefined {
  const patches = shapeOf('patch_embed.proj.weight');
  const positions = shapeOf('pos_embed');
  if (patches?.length !== 4) return undefined;
  const [width, , patch] = patches as [number, number, number];
  const classToken = shapeOf('cls_token') !== undefined;
  const learntGrid = Math.sqrt((positions?.[1] ?? 0) - (classToken ? 1 : 0));
  const depth = count((i) => shapeOf(`blocks.${i}.attn.qkv.weight`) !== undefined);
  // No array says how many heads there are; timm's ViTs have one for each 64 numbers of a token.
  const heads = Math.max(1, Math.floor(width / 64));
  return { name: 'vit', options: { patch, width, depth, heads, ...(learntGrid >= 1 && { learntGrid }), ...(classToken && { classToken }), gelu: 'exact' } };
}

/** By names and shapes alone; undefined where no model of ours has them. */
export function suggestModel(arrays: readonly NamedShape[]): SuggestedModel | undefined {
  const shapes = new Map(arrays.map(({ name, shape }) => [name, shape]));
  const shapeOf: ShapeOf = (name) => shapes.get(name);
  return suggestResnet(shapeOf) ?? suggestVit(shapeOf);
}
