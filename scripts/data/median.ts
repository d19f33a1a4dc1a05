// The value in the middle.

/** The upper one of two; 0 where there is none. */
export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
