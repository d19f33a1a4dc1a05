// Questions that end though nobody answers: a coordinator's process may be frozen, or a forwarded port lead to nobody.

import { PretextError } from '../../shared/errors/pretext-error.js';

export interface TimeLimits {
  /** The user's, who wants to stop. */
  readonly signal?: AbortSignal;
  /** How long the other side may say nothing. */
  readonly silenceMs: number;
}

/** Asks once. Throws UNREACHABLE where the connection is taken and nothing said. */
export async function askInTime<Result>(ask: (signal: AbortSignal) => Promise<Result>, { signal, silenceMs }: TimeLimits): Promise<Result> {
  // Held until the end: AbortSignal.any alone lets a timeout be collected, which then never fires.
  const silence = AbortSignal.timeout(silenceMs);
  try {
    return await ask(signal ? AbortSignal.any([signal, silence]) : silence);
  } catch (error) {
    if (!silence.aborted || signal?.aborted === true) throw error;
    throw new PretextError('UNREACHABLE', 'the coordinator takes the connection and does not answer.', { cause: error });
  }
}
