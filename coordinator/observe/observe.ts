// The stream of a run's events with all who listen to it: state, files of lines, the log.

import type { Logger } from 'pino';
import type { LogHub } from '../logs/log-hub.js';
import { createEvents, type Events, type RunEvent } from '../run/events.js';
import type { RunPaths } from '../run/folder.js';
import { countLostLines, type LostLines } from '../run/lost-lines.js';
import { advanceStage, createStageState, speedOf, type StageState } from '../run/state.js';
import { createLineFile, type LineFile } from './line-file.js';
import { createLogEvents } from './log-events.js';
import type { DistrustLine, LookLine } from './looks.js';
import { metricsLines } from './metrics.js';
import { quarantineLines } from './quarantine.js';

export interface Observed {
  readonly events: Events<RunEvent>;
  /** What the stage in progress has come to. */
  readonly stage: StageState;
  readonly lostLines: readonly LostLines[];
  /** Resolves when every line of a file is written or lost. */
  flush(): Promise<void>;
}

export function observe(paths: RunPaths, { log, logHub }: { readonly log: Logger; readonly logHub: LogHub }): Observed {
  const events = createEvents<RunEvent>();
  const startedMs = performance.now();
  let stage = createStageState();
  let lostLines: readonly LostLines[] = [];
  const openLines = (path: string): LineFile => createLineFile(path, (lines, reason) => events.emit({ type: 'linesLost', path, lines, reason }));
  const metrics = openLines(paths.metrics);
  const quarantine = openLines(paths.quarantine);
  const looks = openLines(paths.looks);

  events.listen((event) => {
    stage = advanceStage(stage, event, performance.now());
    lostLines = countLostLines(lostLines, event);
  });
  events.listen((event) => {
    metrics.push(...metricsLines(event, speedOf(stage), (performance.now() - startedMs) / 1000));
    quarantine.push(...quarantineLines(event));
    if (event.type === 'looked') looks.push({ stage: event.stage, step: event.step, look: event.look, best: event.best } satisfies LookLine);
    if (event.type === 'rolledBack' && event.distrusted) looks.push({ stage: event.stage, distrustedAfter: event.to } satisfies DistrustLine);
    if (event.type === 'workerLogged') logHub.receive(event.worker, event.records, event.dropped);
  });
  events.listen(createLogEvents({ log, now: () => performance.now(), samplesPerSecond: () => speedOf(stage) }));
  return {
    events,
    get stage() {
      return stage;
    },
    get lostLines() {
      return lostLines;
    },
    flush: async () => void (await Promise.all([metrics, quarantine, looks].map((file) => file.flush()))),
  };
}
