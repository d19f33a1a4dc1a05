// quarantine.ndjson: a line for every file that could not be listed, with step 0, and for every sample that could not be used.

import type { RunEvent } from '../run/events.js';

export function quarantineLines(event: RunEvent): object[] {
  if (event.type === 'listed') return event.rejected.map((file) => ({ stage: event.stage, step: 0, ...file }));
  if (event.type !== 'sampleQuarantined') return [];
  const { stage, step, position, path, code, reason } = event;
  return [{ stage, step, position, path, code, reason }];
}
