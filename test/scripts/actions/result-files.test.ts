// Commands that write a result after long work find out first whether it can be written.

import { join } from 'node:path';
import test from 'ava';
import { printEvaluation } from '../../../scripts/actions/evaluate.js';
import { findRate } from '../../../scripts/actions/find-rate.js';
import { writeReportOf } from '../../../scripts/actions/report.js';
import { showTasks } from '../../../scripts/actions/tasks.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const usual = { backend: 'simd', workers: 1, threads: 1, seed: 1, steps: 5 };

const commands: Readonly<Record<string, (folder: string) => Promise<void>>> = {
  '--out': (folder) => writeReportOf(folder, { ...usual, out: folder, pictures: true }),
  '--draw': (folder) => findRate({ ...usual, data: join(folder, 'none'), draw: folder }),
  '--preview': (folder) => showTasks('rotation', { data: join(folder, 'none'), preview: folder }),
  '--report': (folder) => printEvaluation(join(folder, 'none'), { ...usual, probes: ['knn'], report: folder }),
};

for (const [flag, act] of Object.entries(commands)) {
  test(`a folder as ${flag} is refused before anything else is looked at`, async (t) => {
    await t.throwsAsync(act(await makeTempFolder(t)), { code: 'BAD_ARGUMENT', message: new RegExp(`^${flag}: expected the name of a file, but .* is a folder`) });
  });
}
