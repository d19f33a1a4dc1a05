// What `pretext replay` does: computes a step again in this process, and prints what goes on in it.

import { resolve } from 'node:path';
import { dropUndefined } from '../../shared/drop-undefined.js';
import { EXIT } from '../commands/exit-codes.js';
import type { ReplayFlags } from '../commands/replay.js';
import { formatReplay } from '../format/replay.js';
import { replayRun } from '../replay/replay-run.js';
import { checkRunFolder } from './run-folders.js';
import { showProgress } from './show-progress.js';
import { stopOnSignals } from './stop-on-signals.js';

/** Throws PretextError as replayRun does; sets the exit code where the same kind of machine gives other bits than the journal has. */
export async function printReplay(run: string, { step, stage, data, backend, json = false }: ReplayFlags): Promise<void> {
  const replay = await replayRun({
    run: checkRunFolder(run), step, backend, signal: stopOnSignals(), onProgress: showProgress,
    ...dropUndefined({ stage, data: data === undefined ? undefined : resolve(data) }),
  });
  process.stdout.write(json ? `${JSON.stringify(replay)}\n` : formatReplay(replay));
  const { difference, isOneKind } = replay.comparison;
  if (difference !== undefined && isOneKind) process.exitCode = EXIT.machine;
}
