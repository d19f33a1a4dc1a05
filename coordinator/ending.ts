// How a stage ends: at its last step, by an error, or because it is told to stop. Which of them counts when several come is decided here,
// as a pure function (state, event) -> (state, effects); saving and telling the workers is outside.

export type EndState =
  /** `finishing`: the final state is being saved and read. */
  | { readonly phase: 'running' | 'finishing' | 'over' }
  /** What can be saved is being saved. Without an error it was told to stop. */
  | { readonly phase: 'ending'; readonly error?: unknown };

export type EndEvent =
  /** The last step is committed; said again until the end. */
  | { readonly type: 'lastCommitted' }
  | { readonly type: 'finished' }
  /** The final state could not be saved now: whoever comes next does the last steps again. */
  | { readonly type: 'notFinished' }
  | { readonly type: 'error'; readonly error: unknown }
  | { readonly type: 'stop' }
  /** What could be saved before the end is. */
  | { readonly type: 'saved' };

export type EndEffect =
  /** Save the final state, and say so. */
  | { readonly type: 'finish' }
  /** Commit nothing more, and save what somebody has. */
  | { readonly type: 'save' }
  /** Nothing that comes from here on counts. */
  | { readonly type: 'resolve' }
  | { readonly type: 'reject'; readonly error?: unknown };

export interface EndTransition {
  readonly state: EndState;
  readonly effects: readonly EndEffect[];
}

export function advanceEnd(state: EndState, event: EndEvent): EndTransition {
  const same: EndTransition = { state, effects: [] };
  if (state.phase === 'over') return same;
  switch (event.type) {
    case 'lastCommitted': return state.phase === 'running' ? { state: { phase: 'finishing' }, effects: [{ type: 'finish' }] } : same;
    case 'finished': return { state: { phase: 'over' }, effects: [{ type: 'resolve' }] };
    case 'notFinished': return state.phase === 'finishing' ? { state: { phase: 'running' }, effects: [] } : same;
    case 'error':
      // The first error is the reason, also of a stop that was under way.
      if (state.phase !== 'ending') return { state: { phase: 'ending', error: event.error }, effects: [{ type: 'save' }] };
      return 'error' in state ? same : { state: { phase: 'ending', error: event.error }, effects: [] };
    case 'stop': return state.phase === 'ending' ? same : { state: { phase: 'ending' }, effects: [{ type: 'save' }] };
    case 'saved':
      if (state.phase !== 'ending') return same;
      return { state: { phase: 'over' }, effects: [{ type: 'reject', ...('error' in state ? { error: state.error } : {}) }] };
    default: return event satisfies never;
  }
}
