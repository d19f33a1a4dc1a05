// ResNet-18: four stages of two basic blocks.

import type { Architecture } from '../resnet/plan.js';
import { createResnetShape } from '../resnet/shape.js';

export const RESNET18: Architecture = { block: 'basic', depths: [2, 2, 2, 2] };

export const resnet18 = createResnetShape(RESNET18);
