// The looks of a run from its folder on: what looks of earlier processes have found, and those of this one.

import { dropUndefined } from '../../shared/drop-undefined.js';
import type { Events, RunEvent } from '../run/events.js';
import type { Stage } from '../run/prepare.js';
import type { MetricsOf, RunJudgeOptions } from './judge-run.js';
import { createLooks, readLooks, removePinned, type LookAt, type LookLine, type Looks } from './looks.js';

export interface OpenLooksOptions {
  readonly stages: readonly (RunJudgeOptions['stages'][number] & { readonly paths: Pick<Stage['paths'], 'checkpoints'> })[];
  /** Of looks.ndjson. */
  readonly path: string;
  readonly metricsOf?: MetricsOf;
  readonly lookAt?: LookAt;
  readonly events: Events<RunEvent>;
}

export type LookKnown = Extract<RunEvent, { type: 'lookKnown' }>;

export interface RunLooks extends Pick<Looks, 'settled' | 'stop'> {
  readonly earlier: readonly LookLine[];
  /** What the last look at a stage before this process found. */
  lastOf(stage: number): LookKnown | undefined;
}

export async function openLooks({ stages, path, metricsOf, lookAt, events }: OpenLooksOptions): Promise<RunLooks> {
  const earlier = await readLooks(path);
  for (const { paths } of stages) await removePinned(paths.checkpoints);
  const judged = metricsOf && stages.map(({ recipe, plan }) => ({ recipe, metrics: metricsOf(recipe, plan.numInstances).metrics }));
  const looks = judged && lookAt ? createLooks({ stages: judged, lookAt, earlier, emit: events.emit }) : undefined;
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
