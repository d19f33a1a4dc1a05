// Checkpoints that no run has made: of the values that a seed gives.

import { provenanceMetadata } from '../../shared/checkpoint/provenance.js';
import { initValues } from '../../shared/state/init.js';
import { writeSafetensors } from '../../shared/tensors/safetensors.js';
import { readRecipe } from '../../worker/bind-recipe.js';
import { buildParts, type TrainerParts } from '../../worker/compute/build-parts.js';

/** A small trunk at 24 pixels. */
export const smallRecipe = (task: string, more: Readonly<Record<string, unknown>> = {}) => ({
  data: { root: '/data', side: 24, shortSide: 28, fps: 8, segmentS: 1, ...more },
  task: { name: task }, model: { name: 'convnet', options: { width: 4, stages: 2, stemStride: 1 } }, batch: { microbatches: 1, microbatchSize: 4 },
});

export interface MadeCheckpoint {
  readonly parts: TrainerParts;
  readonly values: Float32Array;
}

/** Writes it as a run would, after `step` steps that changed nothing. */
export async function makeCheckpoint(path: string, untrusted: unknown, { step = 3, numInstances = 0 } = {}): Promise<MadeCheckpoint> {
  const recipe = readRecipe(untrusted);
  const parts = buildParts(recipe, numInstances);
  const values = initValues(parts.layout, recipe.seed);
  const arrays = parts.layout.entries.map(({ name, shape, offset, length }) => ({ name, shape, values: values.slice(offset, offset + length) }));
  const metadata = provenanceMetadata(recipe, { run: 'made', stage: 1, recipeHash: 'r', dataHash: 'd' });
  await writeSafetensors(path, arrays, { ...metadata, step: String(step) });
  return { parts, values };
}
