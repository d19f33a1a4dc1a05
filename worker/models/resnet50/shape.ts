// ResNet-50: four stages of 3, 4, 6 and 3 bottlenecks.

import type { Architecture } from '../resnet/plan.js';
import { createResnetShape } from '../resnet/shape.js';

export const RESNET50: Architecture = { block: 'bottleneck', depths: [3, 4, 6, 3] };

export const resnet50 = createResnetShape(RESNET50);
