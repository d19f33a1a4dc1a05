// Every trunk by its name in a recipe.

import { convnet } from './convnet.js';
import type { Model } from './model.js';
import { resnet18 } from './resnet18.js';

export const models = { convnet, resnet18 } satisfies Record<string, Model>;

export type ModelName = keyof typeof models;
