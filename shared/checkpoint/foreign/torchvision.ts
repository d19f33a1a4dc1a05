// Torchvision's ResNets: `layer2.0.conv1.weight` is our `trunk/stage2/block1/conv1/kernel`.

import { counterpartOf, type Convention } from './convention.js';

const OF_NORM: Readonly<Record<string, string>> = { scale: 'weight', shift: 'bias', mean: 'running_mean', variance: 'running_var' };

/** Names of a convolution and of its normalisation. */
function layersOf(ours: string): readonly [convolution: string, norm: string] | undefined {
  if (ours === 'stem') return ['conv1', 'bn1'];
  const [, stage, block, layer] = /^stage(\d+)\/block(\d+)\/(conv\d+|shortcut)$/.exec(ours) ?? [];
  if (layer === undefined) return undefined;
  const before = `layer${stage}.${Number(block) - 1}`;
  return layer === 'shortcut' ? [`${before}.downsample.0`, `${before}.downsample.1`] : [`${before}.${layer}`, `${before}.${layer.replace('conv', 'bn')}`];
}

function nameOf(ours: string): string | undefined {
  const [, layer, part] = /^trunk\/(.+)\/([a-z]+)$/.exec(ours) ?? [];
  const names = layer === undefined ? undefined : layersOf(layer);
  if (names === undefined) return undefined;
  if (part === 'kernel') return `${names[0]}.weight`;
  return OF_NORM[part!] && `${names[1]}.${OF_NORM[part!]!}`;
}

export const torchvision: Convention = {
  name: 'torchvision',
  recognises: (names) => names.has('conv1.weight') && names.has('layer1.0.conv1.weight'),
  leftOut(name) {
    if (name.startsWith('fc.')) return 'the last layer is of other classes';
    return name.endsWith('.num_batches_tracked') ? 'a counter that changes no feature' : undefined;
  },
  counterparts: (ours) => ours.flatMap((array) => {
    const name = nameOf(array.name);
    return name === undefined ? [] : [counterpartOf(array, name)];
  }),
  needs: [{ option: 'padding', value: 'torch', sameAs: 'same' }],
};
