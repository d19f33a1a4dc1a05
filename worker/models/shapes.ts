// Every trunk by its name in a recipe: what it is made of.

import { convnet } from './convnet/shape.js';
import type { ModelShape } from './model.js';
import { resnet18 } from './resnet18/shape.js';
import { resnet34 } from './resnet34/shape.js';
import { resnet50 } from './resnet50/shape.js';
import { vit } from './vit/shape.js';

export const modelShapes = { convnet, resnet18, resnet34, resnet50, vit } satisfies Record<string, ModelShape>;

export type ModelName = keyof typeof modelShapes;
