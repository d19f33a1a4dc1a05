// The forward pass of ResNet-18.

import { createResnetForward } from '../resnet/forward.js';
import { RESNET18 } from './shape.js';

export const resnet18 = createResnetForward(RESNET18);
