// The levels of log records, by name and by the number that pino writes.

export const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const;

export type LevelName = keyof typeof LEVELS;

export const levelNames = Object.keys(LEVELS) as LevelName[];

/** The name of a numeric level, or of the nearest one below it. */
export function nameOfLevel(level: number): LevelName {
  return levelNames.findLast((name) => LEVELS[name] <= level) ?? 'trace';
}
