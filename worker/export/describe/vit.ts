// The vision transformer as a graph.

import { positionsOf } from '../../models/positions.js';
import { planBlock, TOKEN_EPSILON, type Block } from '../../models/transformer-state.js';
import { CLASS_TOKEN, EMBEDDING, LAST_NORM, planStages, POSITIONS, type VitOptions } from '../../models/vit/shape.js';
import type { Builder } from './builder.js';
import type { Describe } from './index.js';
import type { Values } from './values.js';

interface Tokens {
  readonly builder: Builder;
  readonly trunk: Values;
  /** How many there are, the class token among them. */
  readonly count: number;
}

const normalise = ({ builder, trunk }: Tokens, name: string, input: string, as = name): string =>
  builder.add({ name: as, op: 'layerNorm', input, scale: trunk.vector(`${name}/scale`), shift: trunk.vector(`${name}/shift`), epsilon: TOKEN_EPSILON });

function describeBlock(tokens: Tokens, block: Block, input: string): string {
  const { builder, count } = tokens;
  const { name, width, heads, gelu } = block;
  const { queriesKeysValues, projection, expand, contract } = planBlock(block);
  const mixed = builder.dense(queriesKeysValues, normalise(tokens, `${name}/norm1`, input), count);
  const seen = builder.add({ name: `${name}/attention`, op: 'attention', input: mixed, heads, tokens: count, channels: width });
  const attended = builder.add({ name: `${name}/attended`, op: 'add', left: input, right: builder.dense(projection, seen, count) });
  const hidden = builder.dense(expand, normalise(tokens, `${name}/norm2`, attended), count);
  const active = builder.add({ name: `${name}/gelu`, op: 'gelu', input: hidden, isExact: gelu === 'exact' });
  return builder.add({ name, op: 'add', left: attended, right: builder.dense(contract, active, count) });
}

/** Patches with their positions, the class token before them where there is one. */
function describeStem(builder: Builder, trunk: Values, { patch, width, learntGrid, classToken }: VitOptions, input: { readonly node: string; readonly side: number }): { readonly node: string; readonly grid: number } {
  const grid = input.side / patch;
  const map = builder.add({
    name: EMBEDDING, op: 'convolution', input: input.node, kernel: trunk.array(`${EMBEDDING}/kernel`), bias: trunk.vector(`${EMBEDDING}/bias`), stride: patch, padding: [0, 0], side: grid,
  });
  const flat = builder.add({ name: `${EMBEDDING}/tokens`, op: 'toTokens', input: map, side: grid, channels: width });
  const values = learntGrid === undefined ? { shape: [grid ** 2, width], values: positionsOf(grid, width) } : trunk.array(POSITIONS);
  const placed = builder.add({ name: POSITIONS, op: 'addConstant', input: flat, values });
  return { grid, node: classToken ? builder.add({ name: CLASS_TOKEN, op: 'prependToken', input: placed, token: trunk.vector(CLASS_TOKEN) }) : placed };
}

export const vit: Describe<VitOptions> = (builder, input, { options, trunk }) => {
  const { grid, node: first } = describeStem(builder, trunk, options, input);
  const tokens: Tokens = { builder, trunk, count: grid ** 2 + (options.classToken ? 1 : 0) };
  const stages = planStages(options);
  let node = first;
  return stages.map((blocks, s) => {
    for (const block of blocks) node = describeBlock(tokens, block, node);
    const name = `trunk/stage${s + 1}`;
    const ended = s === stages.length - 1 ? normalise(tokens, LAST_NORM, node) : node;
    const patches = options.classToken ? builder.add({ name: `${name}/patches`, op: 'dropToken', input: ended, tokens: tokens.count }) : ended;
    return { node: builder.add({ name: `${name}/map`, op: 'toMap', input: patches, side: grid, channels: options.width }), side: grid };
  });
};
