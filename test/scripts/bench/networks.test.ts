// The benchmark's networks are those that others measure too.

import test from 'ava';
import { findNetworks, networks } from '../../../scripts/bench/networks.js';
import { createTrainer } from '../../../scripts/bench/train.js';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { simd } from '../../../worker/backends/simd.js';

/** Torchvision's resnet18 and resnet50 with 100 classes have as many. */
const sizes: Readonly<Record<string, number>> = { convnet: 94_762, resnet18: 11_227_812, resnet50: 23_712_932 };

test.serial('networks have the sizes of their kind, and train', async (t) => {
  const started = await simd.start();
  for (const network of networks.filter(({ norm }) => norm === 'batch')) {
    const trainer = createTrainer({ ...network, side: 32 }, 2);
    t.is(trainer.numParameters, sizes[network.name.split('-')[0]!]!, network.name);
    const before = await trainer.step();
    const after = await trainer.step();
    t.true(after < before, `${network.name}: ${before}, then ${after}`);
    trainer.dispose();
  }
  await started.dispose();
});

test('a bottleneck has its stride on the 3x3 convolution, and a shortcut of its own where the shape changes', (t) => {
  const [{ layers }] = findNetworks(['resnet50-batch']) as [(typeof networks)[number]];
  const blocks = layers.filter((layer) => layer.type === 'residual');
  t.is(blocks.length, 16);
  t.deepEqual(blocks[3], {
    type: 'residual',
    body: [
      { size: 1, from: 256, to: 128, stride: 1, relu: true },
      { size: 3, from: 128, to: 128, stride: 2, relu: true },
      { size: 1, from: 128, to: 512, stride: 1, relu: false },
    ],
    shortcut: { size: 1, from: 256, to: 512, stride: 2, relu: false },
  });
  t.deepEqual(blocks.map(({ shortcut }) => shortcut !== null), [true, false, false, true, false, false, false, true, false, false, false, false, false, true, false, false]);
});

test('networks are found by parts of their names, and a part of none is refused', (t) => {
  t.deepEqual(findNetworks(['50', 'convnet-g']).map(({ name }) => name), ['convnet-group', 'resnet50-batch', 'resnet50-group']);
  const error = t.throws(() => findNetworks(['convnet', 'vgg']), { instanceOf: PretextError, code: 'BAD_ARGUMENT', message: /'vgg'/ });
  t.regex(error.hint ?? '', /resnet50-batch/);
});
