// What `pretext tasks` does: prints what the registry says of its tasks, or draws samples of one.

import { resolve } from 'node:path';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { parseSet } from '../../shared/recipe/overrides.js';
import { parseRecipe } from '../../shared/recipe/parse.js';
import { lookUp } from '../../shared/registry.js';
import { writeWhole } from '../../shared/write-whole.js';
import { puzzles } from '../../worker/tasks/puzzles.js';
import type { TaskInfo } from '../../worker/tasks/task.js';
import type { TasksFlags } from '../commands/tasks.js';
import { formatSample, formatTask, formatTasks } from '../format/tasks.js';
import { prepareFile } from '../measure/prepare-file.js';
import { describeTasks, PATCHES_MODEL } from '../tasks/describe-tasks.js';
import { stopOnSignals } from './stop-on-signals.js';

const USUAL_SAMPLES = 6;

/** Throws PretextError BAD_ARGUMENT for a task that there is not, and where a preview cannot be drawn. */
export async function showTasks(name: string | undefined, flags: TasksFlags): Promise<void> {
  const { json = false, preview, data } = flags;
  if ((preview === undefined) !== (data === undefined)) throw new PretextError('BAD_ARGUMENT', 'expected --preview and --data together.', { hint: 'A preview is drawn from the files of a folder.' });
  const aimless = preview !== undefined ? undefined : flags.samples !== undefined ? '--samples' : flags.set !== undefined ? '--set' : undefined;
  if (aimless !== undefined) throw new PretextError('BAD_ARGUMENT', `${aimless} is for a preview.`, { hint: 'Add --preview FILE.png --data DIR.' });
  if (preview !== undefined && name === undefined) throw new PretextError('BAD_ARGUMENT', 'expected the name of a task before --preview.', { hint: 'pretext tasks lists them.' });
  if (name === undefined) return print(json, describeTasks(), formatTasks);
  const info: TaskInfo = lookUp('task', puzzles, name);
  if (preview !== undefined) return drawPreview(name, info, preview, flags);
  print(json, describeTasks().find((each) => each.name === name)!, formatTask);
}

function print<Facts>(asJson: boolean, facts: Facts, format: (facts: Facts) => string): void {
  process.stdout.write(asJson ? `${JSON.stringify(facts)}\n` : format(facts));
}

async function drawPreview(name: string, info: TaskInfo, file: string, { data, samples: count = USUAL_SAMPLES, set = [], json = false }: TasksFlags): Promise<void> {
  const overrides = [
    { path: ['data', 'root'], value: resolve(data!), flag: `--data ${data!}` },
    { path: ['task', 'name'], value: name, flag: name },
    ...(info.needsPatches === true ? [{ path: ['model', 'name'], value: PATCHES_MODEL, flag: '--preview' }] : []),
    ...set.map(parseSet),
  ];
  const { recipe } = parseRecipe('', { file: 'recipe', overrides });
  await prepareFile(file, { flag: '--preview', endings: ['.png'] });
  const [{ drawSamples }, { drawSheet }] = await Promise.all([import('../tasks/draw-samples.js'), import('../tasks/sheet-of-samples.js')]);
  const samples = await drawSamples(recipe.stages[0]!, count, stopOnSignals());
  await writeWhole(file, [await drawSheet(samples)]);
  print(json, samples.map(({ path, answer, problem }) => ({ path, answer, problem })), (told) => `${told.map(formatSample).join('\n')}\n${file}\n`);
}
