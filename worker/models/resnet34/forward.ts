// The forward pass of ResNet-34.

import { createResnetForward } from '../resnet/forward.js';
import { RESNET34 } from './shape.js';

export const resnet34 = createResnetForward(RESNET34);
