// Judges the stage in progress at the end of every window of its steps and after every look, and says so where the verdict has changed.

import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Learnt } from '../../shared/learning.js';
import { effectiveCommits, entriesOfStage, type JournalEntry } from '../journal/entries.js';
import type { RunEvent } from '../run/events.js';
import type { Stage } from '../run/prepare.js';
import type { LookLine } from './looks.js';
import { addStep, NO_PROGRESS, restoreProgress, type Progress } from './progress.js';
import { judge, type Verdict } from './verdict.js';

export interface RunJudgeOptions {
  readonly stages: readonly Pick<Stage, 'recipe'>[];
  /** What is known beforehand of what each stage learns. */
  readonly judged: readonly Learnt[];
  /** The stage in progress, from 1, and what is known of it from before this process. */
  readonly current: number;
  readonly journal: readonly JournalEntry[];
  readonly earlier: readonly LookLine[];
  emit(event: RunEvent): void;
  /** Ends the stage in progress. */
  fail(error: PretextError): void;
}

/** Makes a listener to the events of a run. Says at once how a run stands that goes on. */
export function createRunJudge({ stages, judged, current, journal, earlier, emit, fail }: RunJudgeOptions): (event: RunEvent) => void {
  let progress = restore(effectiveCommits(entriesOfStage(journal, current)), judged[current - 1]!);
  let look: Pick<LookLine, 'step' | 'look'> | undefined = earlier.findLast(({ stage }) => stage === current);
  let said: Verdict | undefined;

  function say(stage: number): Verdict | undefined {
    const verdict = judge(progress.windows, judged[stage - 1]!, findRecent(stage));
    if (verdict !== undefined) emit({ type: 'judged', stage, verdict, isNew: verdict.kind !== said?.kind });
    return said = verdict;
  }

  function findRecent(stage: number): LookLine['look'] | undefined {
    const { everySteps = Infinity } = stages[stage - 1]!.recipe.evaluate;
    return look && isRecent(look, progress.windows.at(-1)?.step ?? 0, everySteps) ? look.look : undefined;
  }

  say(current);
  return (event) => {
    if (event.type === 'stageBegan') [progress, said, look] = [NO_PROGRESS, undefined, undefined];
    if (event.type === 'rolledBack' && event.distrusted && look && look.step > event.to) look = undefined;
    if (event.type !== 'looked' && event.type !== 'stepCommitted') return;
    const before = progress.windows.at(-1);
    if (event.type === 'looked') look = event;
    else progress = addStep(progress, event);
    if (event.type === 'stepCommitted' && progress.windows.at(-1) === before) return;
    const verdict = say(event.stage);
    if (verdict?.kind === 'collapsed' && stages[event.stage - 1]!.recipe.evaluate.stop === 'collapsed') fail(createError(verdict));
  };
}

/** How far the commits of a stage have come. */
export const restore = (commits: Readonly<ReturnType<typeof effectiveCommits>>, { steps }: Learnt): Progress =>
  restoreProgress(commits.map((commit) => ({ step: commit.step, steps, samples: commit.count, totals: commit })));

/** Whether a look counts at a step: not where there should have been another long since. */
export const isRecent = (look: Pick<LookLine, 'step'>, step: number, everySteps = Infinity): boolean => step - look.step < 2 * everySteps;

const createError = ({ step, text }: Verdict): PretextError => new PretextError('COLLAPSED', `The run has collapsed at step ${step}: ${text}`, {
  hint: 'evaluate.stop of its recipe says to stop then. To go on all the same: --resume --set evaluate.stop=never.',
});
