// The gradients by the name of their kernel. An op whose kernel is missing here cannot be trained through: tfjs says so.

import { elementwiseGradients } from './elementwise.js';
import { registerGradientOf } from './gradient.js';
import type { Gradient } from './gradient.js';
import { linearGradients } from './linear.js';
import { movementGradients } from './movement.js';
import { reduceGradients } from './reduce.js';

export const gradients: Readonly<Record<string, Gradient>> = {
  ...elementwiseGradients,
  ...linearGradients,
  ...movementGradients,
  ...reduceGradients,
};

/** Registers all gradients with tfjs. They are global: every backend uses them. */
export function registerGradients(): void {
  for (const [kernelName, gradient] of Object.entries(gradients)) registerGradientOf(kernelName, gradient);
}
