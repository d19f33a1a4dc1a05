// A limit on the length of one log record: a runaway message must not fill queues, files and screens.

export const MAX_RECORD_CHARS = 16_384;
const MAX_CUT_MESSAGE_CHARS = 2000;

/** The record as it is; or, when it is too long, without its fields and with the beginning of its message. */
export function boundRecord(line: string): string {
  if (line.length <= MAX_RECORD_CHARS) return line;
  const cutChars = line.length;
  try {
    const { level, time, name, msg } = JSON.parse(line) as Record<string, unknown>;
    const short = (value: unknown): unknown => (typeof value === 'string' ? value.slice(0, MAX_CUT_MESSAGE_CHARS) : undefined);
    return JSON.stringify({ level: Number(level), time: Number(time), name: short(name), msg: short(msg), cutChars });
  } catch {
    return JSON.stringify({ level: 40, msg: line.slice(0, MAX_CUT_MESSAGE_CHARS), cutChars });
  }
}
