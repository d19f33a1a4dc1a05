// Every trunk by its name in a recipe: its forward pass.

import { convnet } from './convnet/forward.js';
import type { ModelForward } from './model.js';
import { resnet18 } from './resnet18/forward.js';
import { resnet34 } from './resnet34/forward.js';
import { resnet50 } from './resnet50/forward.js';
import type { ModelName } from './shapes.js';
import { vit } from './vit/forward.js';

export const modelForwards = { convnet, resnet18, resnet34, resnet50, vit } satisfies Record<ModelName, ModelForward>;
