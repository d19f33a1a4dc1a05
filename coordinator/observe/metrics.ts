// metrics.ndjson: a line a committed step.

import { dropUndefined } from '../../shared/drop-undefined.js';
import type { RunEvent } from '../run/events.js';

/** The lines that an event gives. `samplesPerSecond` is the speed with the event counted in. */
export function metricsLines(event: RunEvent, samplesPerSecond: number | undefined, seconds: number): object[] {
  if (event.type !== 'stepCommitted') return [];
  const { stage, step, totals: { loss, terms, metrics, weights } } = event;
  return [{ stage, step, loss, terms, metrics, weight: weights['samples'] ?? 0, ...dropUndefined({ samplesPerSecond }), seconds }];
}
