// Every pretext task by its name in a recipe.

import { frameOrder } from './frame-order.js';
import { rotation } from './rotation.js';
import type { Task } from './task.js';

export const tasks = { 'frame-order': frameOrder, rotation } satisfies Record<string, Task>;

export type TaskName = keyof typeof tasks;
