// Why a connection between coordinator and worker was closed, and what the worker does then.

export const CLOSE = {
  /** The run is complete: the worker leaves with success. */
  finished: 4000,
  /** The coordinator stops and may come back: the worker keeps its state and reconnects. */
  restarting: 1012,
  /** A message did not fit the protocol: the worker leaves with an error. */
  badMessage: 4002,
  /** The run stopped on an error that another worker will not cure: the worker leaves with an error. */
  failed: 4003,
  /** The worker's model, recipe or run is not the coordinator's: the worker leaves with an error. */
  refused: 4004,
  /** Nothing was heard for too long: the worker reconnects. */
  silent: 4005,
  /** The stage is complete and another follows: the worker reconnects at once. */
  nextStage: 4006,
  /** The token is no longer valid: the worker reconnects, with the one that its file has by then. */
  revoked: 4007,
} as const;

export const FINAL_CLOSE_CODES: ReadonlySet<number> = new Set([
  CLOSE.finished,
  CLOSE.badMessage,
  CLOSE.failed,
  CLOSE.refused,
]);
