// The reducers by name. One more is one file and one line here.

import type { CreateReducer } from './reducer.js';
import { createTreeSumReducer } from './tree-sum.js';

export const reducers = {
  treeSum: createTreeSumReducer,
} satisfies Record<string, CreateReducer>;

export type ReducerName = keyof typeof reducers;
export type { StepReducer } from './reducer.js';
