// Samples that a worker could not use, tried on the coordinator's own copy of the data: is it the file, or is it that worker? Loads what it
// decodes with when the first one is tried, for most runs never need it, and no tensor library.

import type { LeasedSample } from '../../shared/protocol/messages.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import type { Decoder } from '../decode/decoder.js';

/** `unknown`: there is no copy here that says anything. */
export type Verdict = 'usable' | 'unusable' | 'unknown';

export interface ItemTrial {
  /** Decodes a sample that a worker gave up with a code. One at a time, within the limits that workers have. */
  try(sample: LeasedSample, code: string): Promise<Verdict>;
  dispose(): Promise<void>;
}

export function createItemTrial(recipe: Recipe, numInstances: number): ItemTrial {
  let decoder: Promise<Decoder> | undefined;
  return {
    async try(sample, code) {
      try {
        decoder ??= openTrialDecoder(recipe, numInstances);
        const { decodeSample } = await import('./decode-sample.js');
        await decodeSample(await decoder, sample, recipe.seed);
        return 'usable';
      } catch (error) {
        return judge((error as { code?: unknown }).code, code);
      }
    },
    dispose: async () => (await decoder?.catch(() => undefined))?.dispose(),
  };
}

/** A file that is not here, or not as it was listed, says nothing of what another machine's copy holds. */
function judge(here: unknown, there: string): Verdict {
  if (typeof here !== 'string') return 'unknown';
  if (here.startsWith('DECODE_')) return 'unusable';
  return here.startsWith('DATA_') && there.startsWith('DATA_') ? 'unusable' : 'unknown';
}

async function openTrialDecoder(recipe: Recipe, numInstances: number): Promise<Decoder> {
  const [{ bindRecipe }, { openDecoder }, { createLocalFiles }] = await Promise.all([
    import('../bind-recipe.js'), import('./open-decoder.js'), import('./item-files.js'),
  ]);
  const { root, links } = recipe.data;
  const { soundHz, mask: masks } = bindRecipe(recipe, numInstances).puzzle.needs;
  return openDecoder(recipe.data, { openItem: createLocalFiles(root, { links }).open, soundHz, masks, cacheBytes: 0, concurrency: 1 });
}
