// How long a worker waits for its coordinator. What may take any time (work to do, a state from somebody else) is not limited while signs
// of life come; what the coordinator has at hand is. Pure.

export interface Waiting {
  /** Since anything was heard, pings included, and how often it should be. */
  readonly silentMs: number;
  readonly heartbeatMs: number;
  /** For the coordinator to say what the run is; undefined once it has. */
  readonly greetingMs: number | undefined;
  /** For an average that it promised; undefined while there is none. */
  readonly starvedMs: number | undefined;
}

const SILENT_AFTER_HEARTBEATS = 10;
const GREETING_MS = 60_000;
const STARVED_MS = 300_000;

export type Judgement =
  /** The connection is gone: try another. */
  | { readonly type: 'silent' }
  /** It is no coordinator that one could work for. */
  | { readonly type: 'hopeless'; readonly reason: string };

/** Undefined while there is nothing to object to. */
export function judgeWait({ silentMs, heartbeatMs, greetingMs, starvedMs }: Waiting): Judgement | undefined {
  if (silentMs > SILENT_AFTER_HEARTBEATS * heartbeatMs) return { type: 'silent' };
  if (greetingMs !== undefined && greetingMs > GREETING_MS) return { type: 'hopeless', reason: 'it did not say what the run is' };
  if (starvedMs !== undefined && starvedMs > STARVED_MS) return { type: 'hopeless', reason: 'it committed a step and did not send its average' };
  return undefined;
}
