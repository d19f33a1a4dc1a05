// Both halves of what registries keep apart, for tests that look at the whole.

import { modelForwards } from '../../worker/models/forwards.js';
import type { ModelForward, ModelShape } from '../../worker/models/model.js';
import { modelShapes, type ModelName } from '../../worker/models/shapes.js';
import { optimizers } from '../../worker/optimizers/index.js';
import type { Optimizer, OptimizerShape } from '../../worker/optimizers/optimizer.js';
import { optimizerShapes, type OptimizerName } from '../../worker/optimizers/options/index.js';

export type WholeModel = ModelShape & ModelForward;

export const modelNames = Object.keys(modelShapes) as ModelName[];
export const optimizerNames = Object.keys(optimizerShapes) as OptimizerName[];

export const wholeModel = (name: ModelName): WholeModel => ({ ...modelShapes[name], ...modelForwards[name] });

export const wholeOptimizer = (name: OptimizerName): OptimizerShape & Optimizer => ({ ...optimizerShapes[name], ...optimizers[name] });
