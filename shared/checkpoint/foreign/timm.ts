// Vision transformers of timm: `blocks.4.attn.qkv.weight` is the kernel of our fifth block's `attention/qkv`, whichever stage that is of.
// Their positions have a row for the class token; ours is added to the token itself, which gives the same sums.

import type { NamedArray } from '../../tensors/safetensors.js';
import { counterpartOf, type Convention, type Counterpart, type NamedShape } from './convention.js';

const CLASS_TOKEN = 'cls_token';
const POSITIONS = 'pos_embed';

const LAYERS: Readonly<Record<string, string>> = {
  norm1: 'norm1', 'attention/qkv': 'attn.qkv', 'attention/projection': 'attn.proj', norm2: 'norm2', 'mlp/expand': 'mlp.fc1', 'mlp/contract': 'mlp.fc2',
};
const PARTS: Readonly<Record<string, string>> = { kernel: 'weight', bias: 'bias', scale: 'weight', shift: 'bias' };

const BLOCK = /^trunk\/(stage\d+\/block\d+)\/(.+)\/([a-z]+)$/;

function outside(array: NamedShape): Counterpart | undefined {
  const [width] = array.shape.slice(-1) as [number];
  switch (array.name) {
    case 'trunk/stem/patches/kernel': return counterpartOf(array, 'patch_embed.proj.weight');
    case 'trunk/stem/patches/bias': return counterpartOf(array, 'patch_embed.proj.bias');
    case 'trunk/stem/class': return { ours: array, theirs: { name: CLASS_TOKEN, shape: [1, 1, width] } };
    case 'trunk/stem/positions': return { ours: array, theirs: { name: POSITIONS, shape: [1, ...array.shape] } };
    case 'trunk/norm/scale': return counterpartOf(array, 'norm.weight');
    case 'trunk/norm/shift': return counterpartOf(array, 'norm.bias');
    default: return undefined;
  }
}

function counterparts(ours: readonly NamedShape[]): Counterpart[] {
  const blocks = [...new Set(ours.flatMap(({ name }) => BLOCK.exec(name)?.[1] ?? []))];
  return ours.flatMap((array) => {
    const [, block, layer, part] = BLOCK.exec(array.name) ?? [];
    if (block === undefined) return outside(array) ?? [];
    const [theirLayer, theirPart] = [LAYERS[layer!], PARTS[part!]];
    return theirLayer && theirPart ? [counterpartOf(array, `blocks.${blocks.indexOf(block)}.${theirLayer}.${theirPart}`)] : [];
  });
}

/** Both, where there are both and they are of one width. */
function findTokens(theirs: readonly NamedArray[]): { readonly token: NamedArray; readonly positions: NamedArray; readonly width: number } | undefined {
  const [token, positions] = [CLASS_TOKEN, POSITIONS].map((wanted) => theirs.find(({ name }) => name === wanted));
  const width = token?.values.length ?? 0;
  return token && positions && positions.shape.length === 3 && positions.shape[2] === width && positions.shape[1]! > 0 ? { token, positions, width } : undefined;
}

const replace = (arrays: readonly NamedArray[], changed: readonly NamedArray[]): NamedArray[] =>
  arrays.map((array) => changed.find(({ name }) => name === array.name) ?? array);

export const timm: Convention = {
  name: 'timm',
  recognises: (names) => names.has('patch_embed.proj.weight') && names.has('blocks.0.attn.qkv.weight'),
  leftOut: (name) => (name.startsWith('head.') ? 'the last layer is of other classes' : undefined),
  counterparts,
  needs: [{ option: 'gelu', value: 'exact', sameAs: 'quick' }],
  split(theirs) {
    const found = findTokens(theirs);
    if (!found) return theirs;
    const { token, positions, width } = found;
    return replace(theirs, [
      { ...token, values: token.values.map((value, i) => value + positions.values[i]!) },
      { ...positions, shape: [1, positions.shape[1]! - 1, width], values: positions.values.slice(width) },
    ]);
  },
  join(theirs) {
    const found = findTokens(theirs);
    if (!found) return theirs;
    const { positions, width } = found;
    const values = new Float32Array(positions.values.length + width);
    values.set(positions.values, width);
    return replace(theirs, [{ ...positions, shape: [1, positions.shape[1]! + 1, width], values }]);
  },
};
