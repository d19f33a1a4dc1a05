// What `pretext coordinator` does: a run without workers of its own, until it is over or a signal stops it.

import { dropUndefined } from '../../shared/drop-undefined.js';
import type { CoordinatorFlags } from '../commands/coordinator.js';
import { loadRecipe } from './load-recipe.js';
import { readSecrets } from './read-credentials.js';
import { runToReport } from './run-to-report.js';

/** Throws PretextError when the run cannot start or has to stop. */
export async function coordinate(file: string | undefined, flags: CoordinatorFlags): Promise<void> {
  const { recover, mirror, report, listen, insecure = false, keepServing = false, json = false, level } = flags;
  await runToReport({
    ...listen, ...loadRecipe(file, flags), insecure, keepServing, json, level, ...dropUndefined({ recover, mirror, report }), ...readSecrets(flags),
    workers: 0, backend: 'auto', isEvaluated: false,
  });
}
