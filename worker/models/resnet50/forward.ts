// The forward pass of ResNet-50.

import { createResnetForward } from '../resnet/forward.js';
import { RESNET50 } from './shape.js';

export const resnet50 = createResnetForward(RESNET50);
