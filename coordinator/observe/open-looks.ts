// The looks of a run from its folder on: what looks of earlier processes have found, and those of this one.

import { dropUndefined } from '../../shared/drop-undefined.js';
import type { Learnt } from '../../shared/learning.js';
import type { Events, RunEvent } from '../run/events.js';
import type { Stage } from '../run/prepare.js';
import { createLooks, readLooks, removePinned, type LookAt, type LookLine, type Looks } from './looks.js';

export interface OpenLooksOptions {
  readonly stages: readonly (Pick<Stage, 'recipe'> & { readonly paths: Pick<Stage['paths'], 'checkpoints'> })[];
  /** Of looks.ndjson. */
  readonly path: string;
  /** What is known beforehand of what each stage learns; without it nobody looks. */
  readonly judged?: readonly Learnt[];
  readonly lookAt?: LookAt;
  readonly events: Events<RunEvent>;
}

export type LookKnown = Extract<RunEvent, { type: 'lookKnown' }>;

export interface RunLooks extends Pick<Looks, 'settled' | 'stop'> {
  readonly earlier: readonly LookLine[];
  /** What the last look at a stage before this process found. */
  lastOf(stage: number): LookKnown | undefined;
}

export async function openLooks({ stages, path, judged, lookAt, events }: OpenLooksOptions): Promise<RunLooks> {
  const earlier = await readLooks(path);
  for (const { paths } of stages) await removePinned(paths.checkpoints);
  const watched = judged?.map(({ metrics }, index) => ({ recipe: stages[index]!.recipe, metrics }));
  const looks = watched && lookAt ? createLooks({ stages: watched, lookAt, earlier, emit: events.emit }) : undefined;
  if (looks) events.listen(looks.handle);
  return {
    earlier,
    lastOf(stage) {
      const last = earlier.findLast((line) => line.stage === stage);
      return last && { type: 'lookKnown', stage, step: last.step, look: last.look, ...dropUndefined({ best: last.best }) };
    },
    settled: async () => looks?.settled(),
    stop: () => looks?.stop(),
  };
}
