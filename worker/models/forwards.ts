// Every trunk by its name in a recipe: its forward pass.

import { convnet } from './convnet/forward.js';
import type { ModelForward } from './model.js';
import { resnet18 } from './resnet18/forward.js';
import type { ModelName } from './shapes.js';

export const modelForwards = { convnet, resnet18 } satisfies Record<ModelName, ModelForward>;
