// Every optimizer by its name in a recipe: its update.

import { adamw } from './adamw.js';
import { lars } from './lars.js';
import type { Optimizer } from './optimizer.js';
import type { OptimizerName } from './options/index.js';
import { sgd } from './sgd.js';

export const optimizers = { sgd, adamw, lars } satisfies Record<OptimizerName, Optimizer>;
