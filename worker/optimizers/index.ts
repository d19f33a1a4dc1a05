// Every optimizer by its name in a recipe.

import { adamw } from './adamw.js';
import { lars } from './lars.js';
import type { Optimizer } from './optimizer.js';
import { sgd } from './sgd.js';

export const optimizers = { sgd, adamw, lars } satisfies Record<string, Optimizer>;

export type OptimizerName = keyof typeof optimizers;
