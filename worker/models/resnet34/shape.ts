// ResNet-34: four stages of 3, 4, 6 and 3 basic blocks.

import type { Architecture } from '../resnet/plan.js';
import { createResnetShape } from '../resnet/shape.js';

export const RESNET34: Architecture = { block: 'basic', depths: [3, 4, 6, 3] };

export const resnet34 = createResnetShape(RESNET34);
