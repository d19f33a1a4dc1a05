// A second copy of a run's folder, made as the run goes on, behind it by a second or two. One that cannot be written costs the copy alone: it is said once, and tried
// again until it has caught up.

import { existsSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PretextError, messageOf } from '../../shared/errors/pretext-error.js';
import type { RunEvent } from '../run/events.js';
import { pathsOf } from '../run/folder.js';
import { untilAborted } from '../run/until-aborted.js';
import { findCommon } from './copy-lines.js';
import { createPass, type MirrorFolders } from './mirror-pass.js';

export interface MirrorOptions extends MirrorFolders {
  /** Milliseconds from one pass to the next. Default 1000. */
  readonly everyMs?: number;
  /** After one that failed. Default 5000. */
  readonly againMs?: number;
  emit(event: RunEvent): void;
}

export interface Mirror {
  handle(event: RunEvent): void;
  /** Copies what there is by now, and resolves when it has, when it failed, after a minute, or two seconds after the signal. */
  finish(signal: AbortSignal): Promise<void>;
}

/** For the last of it: where the run is complete, and where whoever stopped it waits. */
const PATIENCE_MS = { complete: 60_000, stopped: 2000 };

/** What changes a file of the folder. */
const CHANGES: ReadonlySet<RunEvent['type']> = new Set<RunEvent['type']>([
  'listening', 'stageBegan', 'recipeChanged', 'workerJoined', 'stepCommitted', 'checkpointSaved', 'rolledBack', 'looked', 'stageFinished', 'finished', 'operatorAsked',
]);

export function createMirror({ everyMs = 1000, againMs = 5000, emit, ...folders }: MirrorOptions): Mirror {
  const pass = createPass(folders);
  const { to: folder } = folders;
  let hasFailed = false;
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> | undefined;
  let isStale = false;

  async function copy(): Promise<void> {
    isStale = false;
    try {
      await pass();
      if (hasFailed) emit({ type: 'mirrorCaughtUp', folder });
      hasFailed = false;
    } catch (error) {
      if (!hasFailed) emit({ type: 'mirrorFailed', folder, reason: messageOf(error) });
      hasFailed = true;
    }
  }

  function schedule(ms: number): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      underWay = copy().finally(() => {
        underWay = undefined;
        if (!isOver && (hasFailed || isStale)) schedule(hasFailed ? againMs : everyMs);
      });
    }, ms);
    timer.unref();
  }

  return {
    handle({ type }) {
      if (isOver || !CHANGES.has(type)) return;
      isStale = true;
      if (!underWay) schedule(hasFailed ? againMs : everyMs);
    },
    async finish(signal) {
      isOver = true;
      clearTimeout(timer);
      const copied = Promise.resolve(underWay).then(copy);
      const over = new AbortController();
      const wait = (ms: number): Promise<void> => sleep(ms, undefined, { signal: over.signal }).catch(() => {});
      await Promise.race([copied, wait(PATIENCE_MS.complete), untilAborted(signal).then(() => wait(PATIENCE_MS.stopped))]);
      over.abort();
    },
  };
}

/**
 * Throws PretextError where the copy would be of no use or would destroy another: BAD_ARGUMENT within the folder itself, RUN_EXISTS where it holds
 * another run, or one that is further on: after the loss of the run's own volume it is the only one.
 */
export async function checkMirror({ from, to }: Pick<MirrorFolders, 'from' | 'to'>): Promise<void> {
  const [own, copy] = [resolve(from), resolve(to)];
  if (own === copy || copy.startsWith(own + sep) || own.startsWith(copy + sep)) {
    throw new PretextError('BAD_ARGUMENT', `--mirror: expected a folder apart from the run's own, "${from}", given "${to}".`);
  }
  const [journal, mirrored] = [pathsOf(own).journal, pathsOf(copy).journal];
  if (!existsSync(mirrored)) return;
  // A folder that cannot be read now may be readable later.
  const common = await findCommon(journal, mirrored).catch(() => 0);
  if (common !== undefined) return;
  throw new PretextError('RUN_EXISTS', `The mirror "${to}" holds another run than "${from}", or the same one further on.`, {
    hint: `Go on with what it holds by --resume --out ${to} (and another --mirror), or give an empty folder.`,
  });
}
