// What `pretext status` does: asks the coordinator and prints the answer, once or again and again.

import { setTimeout as sleep } from 'node:timers/promises';
import { request } from '../../shared/client/request.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import type { StatusFlags } from '../commands/status.js';
import { formatStatus, statusSchema } from '../format/status.js';
import { askInTime } from './ask-in-time.js';
import { requireCoordinator, type Target } from './find-coordinator.js';
import { readCredentials } from './read-credentials.js';

const WATCH_MS = 2000;
const TIMEOUT_MS = 10_000;
const CLEAR = '\u001b[H\u001b[2J';

async function askStatus(target: Target, signal: AbortSignal): Promise<unknown> {
  const url = await requireCoordinator(target);
  const response = await request({ url, ...target.credentials }, '/status', { contentType: 'application/json', signal });
  return response.json();
}

function format(status: unknown, asJson: boolean): string {
  if (asJson) return `${JSON.stringify(status)}\n`;
  const parsed = statusSchema.safeParse(status);
  if (parsed.success) return formatStatus(parsed.data);
  throw new PretextError('REFUSED', 'what answers is no status of a Pretext run: is the coordinator of another version?');
}

/** Prints the status, once or until interrupted. Throws UNREACHABLE, BAD_TOKEN or REFUSED. */
export async function showStatus(run: string | undefined, flags: StatusFlags): Promise<void> {
  const { url, watch = false, json = false } = flags;
  const credentials = readCredentials(flags, url);
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  do {
    try {
      const status = await askInTime((signal) => askStatus({ url, run, credentials }, signal), { signal: interrupt.signal, silenceMs: TIMEOUT_MS });
      const text = format(status, json);
      process.stdout.write(watch && process.stdout.isTTY && !json ? CLEAR + text : text);
    } catch (error) {
      if (interrupt.signal.aborted) return;
      throw error;
    }
    if (watch) await sleep(WATCH_MS, undefined, { signal: interrupt.signal }).catch(() => undefined);
  } while (watch && !interrupt.signal.aborted);
}
