// Judges the stage in progress at the end of every window of its steps, and says so where the verdict has changed.

import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { tasksOf, type TaskChoice } from '../../shared/recipe/tasks.js';
import type { RunEvent } from '../run/events.js';
import type { Stage } from '../run/prepare.js';
import type { Look } from './look.js';
import { addStep, NO_PROGRESS, type Progress } from './progress.js';
import { judge, type JudgedStage, type Verdict } from './verdict.js';

/** What the task of a recipe says of its metrics, for so many items to train on. */
export type MetricsOf = (recipe: Recipe, numInstances: number) => Pick<JudgedStage, 'metrics' | 'chanceLoss'>;

export interface RunJudgeOptions {
  readonly stages: readonly (Pick<Stage, 'recipe'> & { readonly plan: Pick<Stage['plan'], 'numInstances'> })[];
  readonly metricsOf: MetricsOf;
  emit(event: RunEvent): void;
  /** Ends the stage in progress. */
  fail(error: PretextError): void;
}

/** Makes a listener to the events of a run. */
export function createRunJudge({ stages, metricsOf, emit, fail }: RunJudgeOptions): (event: RunEvent) => void {
  const judged = stages.map(({ recipe, plan }): JudgedStage => ({ ...describeStage(recipe), ...metricsOf(recipe, plan.numInstances) }));
  let progress: Progress = NO_PROGRESS;
  let said: Verdict | undefined;
  let look: Look | undefined;

  return (event) => {
    if (event.type === 'stageBegan') [progress, said, look] = [NO_PROGRESS, undefined, undefined];
    if (event.type === 'looked') look = event.look;
    if (event.type !== 'stepCommitted') return;
    const before = progress.windows.at(-1);
    progress = addStep(progress, event);
    const verdict = progress.windows.at(-1) === before ? undefined : judge(progress.windows, judged[event.stage - 1]!, look);
    if (verdict === undefined) return;
    emit({ type: 'judged', stage: event.stage, verdict, isNew: verdict.kind !== said?.kind });
    said = verdict;
    if (verdict.kind === 'collapsed' && stages[event.stage - 1]!.recipe.evaluate.stop === 'collapsed') fail(createError(verdict));
  };
}

const createError = ({ step, text }: Verdict): PretextError => new PretextError('COLLAPSED', `The run has collapsed at step ${step}: ${text}`, {
  hint: 'evaluate.stop of its recipe says to stop then. Without it --resume goes on.',
});

function describeStage(recipe: Recipe): Omit<JudgedStage, 'metrics' | 'chanceLoss'> {
  const tasks = tasksOf(recipe);
  return { task: tasks[0]!.name, steps: recipe.steps, guardsOff: tasks.flatMap(listGuardsOff) };
}

function listGuardsOff({ options: { guards } }: TaskChoice): string[] {
  return typeof guards === 'object' && guards !== null ? Object.entries(guards).flatMap(([guard, isOn]) => (isOn === false ? [guard] : [])) : [];
}
