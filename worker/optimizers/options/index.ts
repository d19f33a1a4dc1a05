// Every optimizer by its name in a recipe: its options, and what it keeps beside each trained array.

import type { OptimizerShape } from '../optimizer.js';
import { adamw } from './adamw.js';
import { lars } from './lars.js';
import { sgd } from './sgd.js';

export const optimizerShapes = { sgd, adamw, lars } satisfies Record<string, OptimizerShape>;

export type OptimizerName = keyof typeof optimizerShapes;
