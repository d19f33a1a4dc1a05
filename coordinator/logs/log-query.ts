// What a reader of logs asks for.

import { z } from 'zod';
import { LEVELS, levelNames, type LevelName } from '../../shared/log/levels.js';
import type { TaggedRecord } from './tag-record.js';

export interface LogFilter {
  /** Only what this worker wrote, or what is about it; `coordinator` for what the coordinator wrote. */
  readonly worker?: string | undefined;
  /** Only this level and above. */
  readonly level?: LevelName | undefined;
  /** Only what was written at or after this time and before the other, in milliseconds since 1970, by the clock of whoever wrote it. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface LogQuery extends LogFilter {
  /** Only records after this one; all that are kept when absent. */
  readonly since?: number | undefined;
}

export function isWanted(record: TaggedRecord, filter: LogFilter): boolean {
  if (filter.level !== undefined && record.level < LEVELS[filter.level]) return false;
  if (record.time < (filter.from ?? -Infinity) || record.time >= (filter.to ?? Infinity)) return false;
  return filter.worker === undefined || record.worker === filter.worker || record.source === filter.worker;
}

const querySchema = z.strictObject({
  follow: z.enum(['0', '1', 'true', 'false']).optional().transform((value) => value === '1' || value === 'true'),
  worker: z.string().min(1).max(200).optional(),
  level: z.enum(levelNames).optional(),
  since: z.coerce.number().int().min(0).optional(),
  from: z.coerce.number().optional(),
  to: z.coerce.number().optional(),
});

export type HttpLogQuery = z.output<typeof querySchema>;

/** Reads the query of `GET /logs`. `lastEventId` is the header that a browser's EventSource resumes with. */
export function parseLogQuery(url: string, lastEventId: string | undefined): { query: HttpLogQuery } | { problem: string } {
  const { searchParams } = new URL(url, 'http://localhost');
  const given = Object.fromEntries(searchParams);
  const result = querySchema.safeParse(lastEventId === undefined ? given : { ...given, since: lastEventId });
  if (result.success) return { query: result.data };
  return { problem: result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`.replace(/^: /, '')).join('; ') };
}
