// Figures as a report writes them.

import { formatNumber } from '../format/status.js';

export const percent = (share: number): string => `${(100 * share).toFixed(1)}\u00a0%`;

/** A difference of two shares. */
export const signedPoints = (difference: number): string => `${difference > 0 ? '+' : difference < 0 ? '−' : ''}${Math.abs(100 * difference).toFixed(1)} points`;

/** A value of a metric: a share in per cent, others as they are. NaN comes back from JSON as null. */
export function formatValue(value: number | null | undefined, { ceiling }: { readonly ceiling?: number | undefined }): string {
  if (value === null || value === undefined || Number.isNaN(value)) return 'not measured';
  return ceiling === 1 ? percent(value) : formatNumber(value);
}

/** To the second. */
export const formatTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

