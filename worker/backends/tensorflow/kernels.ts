// Makes TensorFlow's kernels compute what they refuse and other backends accept: convolutions padded by a number of pixels, and
// broadcasting in more than five dimensions. Pooling with such padding is left out: no model has it.

import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

const BACKEND = 'tensorflow';
const MAX_BROADCAST_RANK = 5;

type Inputs = Readonly<Record<string, Tensor>>;
type Attributes = Readonly<Record<string, unknown>>;

/** Computes what a kernel refuses by running it on something that it accepts. Undefined where it accepts the inputs as they are. */
type Detour = (inputs: Inputs, attributes: Attributes, run: (inputs: Inputs, attributes: Attributes) => Tensor) => Tensor | undefined;

/** A number of pixels on each side of the image. */
function addBorder(images: Tensor, pixels: number): Tensor4D {
  return tf.pad(images as Tensor4D, [[0, 0], [pixels, pixels], [pixels, pixels], [0, 0]]);
}

const padImages: Detour = ({ x, ...others }, attributes, run) => {
  const { pad } = attributes;
  return typeof pad === 'number' ? run({ x: addBorder(x!, pad), ...others }, { ...attributes, pad: 'valid' }) : undefined;
};

const cutGradient: Detour = (inputs, attributes, run) => {
  const { pad, inputShape } = attributes as { pad: unknown; inputShape: [number, number, number, number] };
  if (typeof pad !== 'number') return undefined;
  const [n, h, w, c] = inputShape;
  const bordered = run(inputs, { ...attributes, pad: 'valid', inputShape: [n, h + 2 * pad, w + 2 * pad, c] });
  return tf.slice(bordered, [0, pad, pad, 0], inputShape);
};

const spread: Detour = ({ a, b }, attributes, run) => {
  if (Math.max(a!.rank, b!.rank) <= MAX_BROADCAST_RANK) return undefined;
  const shape = tf.broadcast_util.assertAndGetBroadcastShape(a!.shape, b!.shape);
  return run({ a: tf.broadcastTo(a!, shape), b: tf.broadcastTo(b!, shape) }, attributes);
};

const BINARY_KERNELS = [
  'Add', 'Sub', 'Multiply', 'RealDiv', 'FloorDiv', 'Mod', 'Pow', 'Maximum', 'Minimum', 'SquaredDifference',
  'Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'LogicalAnd', 'LogicalOr',
];

const detours: Readonly<Record<string, Detour>> = {
  Conv2D: padImages,
  Conv2DBackpropFilter: padImages,
  Conv2DBackpropInput: cutGradient,
  DepthwiseConv2dNative: padImages,
  DepthwiseConv2dNativeBackpropFilter: padImages,
  DepthwiseConv2dNativeBackpropInput: cutGradient,
  ...Object.fromEntries(BINARY_KERNELS.map((name) => [name, spread])),
};

/** Puts the detours before the kernels that the package has registered; once a process. */
export function completeKernels(): void {
  for (const [kernelName, detour] of Object.entries(detours)) {
    const config = tf.getKernel(kernelName, BACKEND);
    tf.unregisterKernel(kernelName, BACKEND);
    tf.registerKernel({
      ...config,
      kernelFunc: ({ inputs, attrs = {}, backend }) => {
        const run = (detoured: Inputs, attributes: Attributes): Tensor =>
          config.kernelFunc({ inputs: { ...detoured }, attrs: { ...attributes } as tf.NamedAttrMap, backend }) as Tensor;
        return tf.tidy(() => detour(inputs as unknown as Inputs, attrs, run)) ?? config.kernelFunc({ inputs, attrs, backend });
      },
    });
  }
}
