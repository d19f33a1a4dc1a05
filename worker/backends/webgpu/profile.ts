// Time of every shader on the GPU, by the timestamps that the adapter takes. Leaves out adapters that take none.

import * as tf from '@tensorflow/tfjs-core';
import { PretextError } from '../../../shared/errors/pretext-error.js';

/** One run of a shader. */
export interface ShaderCall {
  /** The kernel, and the shader that it ran: `Conv2D convolve`. */
  readonly name: string;
  /** Of the kernel's inputs and outputs. */
  readonly shapes: string;
  readonly ms: number;
}

type Shapes = readonly (readonly number[] | null | undefined)[];

const formatShapes = (shapes: Shapes): string => shapes.map((shape) => shape?.join('x') || '1').join(', ');

/** The shaders that run on the current backend during `run`. They run one by one: their sum may be more than the time without a profile. */
export async function profileShaders(run: () => Promise<void>): Promise<readonly ShaderCall[]> {
  if (!(tf.backend() as tf.KernelBackend & { readonly supportTimestampQuery: boolean }).supportTimestampQuery) {
    throw new PretextError('BACKEND_ABSENT', 'webgpu: expected a GPU that takes timestamps, for a profile; this one takes none');
  }
  const { kernels } = await tf.profile(run);
  return kernels.flatMap(({ name, inputShapes, outputShapes, extraInfo }) => {
    const shapes = `${formatShapes(inputShapes)} -> ${formatShapes(outputShapes)}`;
    // tfjs has waited for it: `SHADER: MS, SHADER: MS`.
    const timings = (extraInfo as string).matchAll(/(\w+): ([\d.e+-]+)/g);
    return [...timings].map(([, shader, ms]) => ({ name: `${name} ${shader}`, shapes, ms: Number(ms) }));
  });
}
