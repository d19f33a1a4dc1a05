// Weights by our own names: what every command takes that uses a checkpoint, without what only training needs.

import { PretextError } from '../../../shared/errors/pretext-error.js';
import { encodeSafetensors } from '../../../shared/tensors/safetensors.js';
import type { ExportFormat } from '../exported.js';

export const safetensors: ExportFormat = {
  what: 'weights by our names, for Pretext',
  usage: () => ['```', 'pretext run recipe.yaml --data photos --init model.safetensors', 'pretext embed model.safetensors --data photos --out features.csv', '```'].join('\n'),
  files({ arrays }, { metadata, convention }) {
    if (convention !== undefined) throw new PretextError('BAD_ARGUMENT', `--format: these are weights of ${convention}, which commands take as they are.`, { hint: 'Use them without an export.' });
    return [{ name: 'model.safetensors', pieces: encodeSafetensors(arrays, metadata), what: 'weights of trunk and head, with the recipe that made them' }];
  },
};
