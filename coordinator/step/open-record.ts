// The record of a step that begins: workers are told of each part of its sum when it is final.

import { chunkLengthOf } from '../../shared/protocol/channel.js';
import { isAllFinite } from '../../shared/tensors/all-finite.js';
import type { StepDriverOptions } from './driver-options.js';
import { createStepRecord, type StepRecord } from './record.js';
import { explainNonFinite } from './suspicion.js';
import { tellAverage } from './tell.js';

/** `sum`: taken over until the record is done with. */
export function openRecord(options: StepDriverOptions, step: number, sum: Float32Array): StepRecord {
  const { peers, microbatches, reducer, chunkBytes, onError } = options;
  const record = createStepRecord({
    step, microbatches, reducer, sum,
    chunkLength: chunkLengthOf(chunkBytes),
    onReduced: (offset, length) => {
      if (!isAllFinite(record.reducer.sum.subarray(offset, offset + length))) return onError(explainNonFinite(`The sum of the gradients of step ${step} is not finite.`));
      tellAverage(peers, record, offset, length);
    },
  });
  return record;
}
