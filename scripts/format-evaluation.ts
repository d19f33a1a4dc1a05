// What an evaluation found, in words.
export function formatEvaluation(evaluation: unknown): string[] { return [JSON.stringify(evaluation)]; }
