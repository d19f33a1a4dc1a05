// Out of memory, as TensorFlow's C library says it: an error to act on. Leaves out what the library prints besides.

import { messageOf, PretextError } from '../../../shared/errors/pretext-error.js';

/** TF_RESOURCE_EXHAUSTED. */
const FULL = /TF_Status: 8\n(?:Message: )?(?<reason>.*)/;

const METHODS = ['executeSingleOutput', 'executeMultipleOutputs'] as const;

/** Where the packages' backend runs every operation of the library. */
export type Executor = { [Method in (typeof METHODS)[number]]?: (...operation: never[]) => unknown };

function explain(cause: unknown): unknown {
  const reason = FULL.exec(messageOf(cause))?.groups!.reason;
  if (reason === undefined) return cause;
  return new PretextError('DEVICE_FULL', `tensorflow: the device's memory is full: ${reason}`, {
    hint: 'Use a smaller batch.microbatchSize, smaller images or a smaller model, or a GPU with more memory.', cause,
  });
}

/** Makes operations for which there is no memory throw PretextError DEVICE_FULL. */
export function explainFullDevice(backend: Executor): void {
  for (const method of METHODS) {
    const execute = backend[method]?.bind(backend);
    if (execute === undefined) continue;
    backend[method] = (...operation) => {
      try {
        return execute(...operation);
      } catch (cause) {
        throw explain(cause);
      }
    };
  }
}
