// The trunk of a checkpoint alone: whatever it was trained by, and whatever head it has.

import { createLayout } from '../../shared/state/layout.js';
import type { Trunk } from '../../worker/evaluate/features.js';
import { modelForwards } from '../../worker/models/forwards.js';
import type { ModelShape, StageShape } from '../../worker/models/model.js';
import { modelShapes, type ModelName } from '../../worker/models/shapes.js';
import { pixelsOf } from '../../worker/pixels.js';
import type { OpenedCheckpoint } from '../actions/open-checkpoint.js';
import { readValues } from './read-values.js';

export interface LoadedTrunk {
  readonly trunk: Trunk;
  /** First to last. */
  readonly stages: readonly StageShape[];
}

/** Throws PretextError BAD_STATE where the file has another trunk than its recipe. */
export async function loadTrunk({ path, recipe: { model: { name, options }, data } }: Pick<OpenedCheckpoint, 'path' | 'recipe'>): Promise<LoadedTrunk> {
  const shape: ModelShape = modelShapes[name as ModelName];
  const pixels = pixelsOf(data);
  const layout = createLayout(shape.state(options, pixels.channels));
  const values = await readValues(path, layout);
  return { trunk: { model: modelForwards[name as ModelName], modelOptions: options, layout, values, side: data.side, pixels }, stages: shape.stages(options) };
}
