// What recipes may name. Loads no tensor library: the coordinator and the commands read it too.

import { modelShapes } from './models/shapes.js';
import { optimizerShapes } from './optimizers/options/index.js';
import { schedules } from './optimizers/schedules.js';
import { puzzles } from './tasks/puzzles.js';

export const registries = { task: puzzles, model: modelShapes, optimizer: optimizerShapes, schedule: schedules };
