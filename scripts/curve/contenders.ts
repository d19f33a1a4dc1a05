// What a label curve compares: the same data, labels, batches and steps, and another beginning or another part that learns.

import type { Preset } from '../finetune/plan.js';

/** In the order of columns and of runs. */
export const contenders = ['pretrained', 'scratch', 'probe'] as const;
export type Contender = typeof contenders[number];

/** What is fine-tuned, from what, and what is said of it. */
export const contenderInfos: Readonly<Record<Contender, { readonly preset?: Preset; readonly isScratch: boolean; readonly words: string }>> = {
  pretrained: { isScratch: false, words: 'the trunk of --init, fine-tuned' },
  scratch: { preset: 'full', isScratch: true, words: 'the same model from the seed, trained throughout' },
  probe: { preset: 'linear', isScratch: false, words: 'a linear head on the trunk of --init, which stays as it is' },
};
