// What `pretext run` does: a coordinator on a free port of this machine, its workers, and an evaluation at the end.

import { dropUndefined } from '../../shared/drop-undefined.js';
import type { RunFlags } from '../commands/run.js';
import { loadRecipe } from './load-recipe.js';
import { readResources } from './read-resources.js';
import { runToReport } from './run-to-report.js';

/** The report is in the run's folder when it returns. Throws PretextError when the run cannot start or has to stop. */
export async function runHere(file: string | undefined, flags: RunFlags): Promise<void> {
  const { recover, mirror, report, workers, backend, threads, json = false, level } = flags;
  await runToReport({
    ...loadRecipe(file, flags), workers, backend, threads, json, level, resources: readResources(flags), ...dropUndefined({ recover, mirror, report }),
    host: '127.0.0.1', port: 0, insecure: false, isEvaluated: true,
  });
}
