// The sources of data by their names in a recipe, and what each of them lists. index.ts has the sources themselves.

import type { Item } from './dataset.js';

export const sourceKinds = { 'image-folder': 'image', 'video-folder': 'video' } as const satisfies Record<string, Item['kind']>;

export type SourceName = keyof typeof sourceKinds;
