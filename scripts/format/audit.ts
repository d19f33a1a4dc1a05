// What audits have come to, in a line.

import type { AuditState } from '../../coordinator/run/state.js';

/** Of the coordinator that speaks: an earlier one's audits are in its own log. */
export function describeAudit({ microbatches, unseconded, wrong }: AuditState): string {
  const left = unseconded > 0 ? `, ${unseconded} could not be for want of a second worker of a kind` : '';
  const found = wrong.map(({ worker, step, microbatches: indices }) => `${worker} (step ${step}, microbatches ${indices.join(', ')})`);
  return `${microbatches} microbatches computed twice with the same bits${left}${found.length > 0 ? `; shut out: ${found.join(', ')}` : ''}`;
}
