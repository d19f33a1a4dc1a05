// Samples that could not be used: why, in words, and whether what is left is enough to go on with. Pure.

import type { RejectedItem } from '../../shared/datasets/dataset.js';
import { PretextError } from '../../shared/errors/pretext-error.js';

export interface QuarantinedFile extends RejectedItem {
  readonly samples: number;
}

type UnusableSample = RejectedItem;

/** The files of samples, each with the first reason, by path. */
export function listFiles(unusable: readonly UnusableSample[]): QuarantinedFile[] {
  const files = new Map<string, QuarantinedFile>();
  for (const { path, code, reason } of unusable) {
    files.set(path, { path, code, reason, ...files.get(path), samples: (files.get(path)?.samples ?? 0) + 1 });
  }
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A sentence a reason, the most frequent first, with a file as its example. */
export function describeUnusable(files: readonly QuarantinedFile[]): string[] {
  const byCode = new Map<string, QuarantinedFile[]>();
  for (const file of files) byCode.set(file.code, [...(byCode.get(file.code) ?? []), file]);
  const groups = [...byCode].map(([code, ofCode]) => ({ code, ofCode, samples: ofCode.reduce((sum, file) => sum + file.samples, 0) }));
  return groups.sort((a, b) => b.samples - a.samples).map(({ code, ofCode: [first, ...more], samples }) =>
    `${samples} ${code}: "${first!.path}": ${first!.reason}${more.length === 0 ? '' : ` (and ${more.length} more files)`}`);
}

export interface UsePolicy {
  readonly steps: number;
  readonly samplesPerEpoch: number;
  readonly samplesPerStep: number;
  /** Share of the samples that may be unusable, 0..1. */
  readonly maxUnusable: number;
}

interface StepUse {
  readonly step: number;
  readonly unusable: readonly UnusableSample[];
}

export interface UseCheck {
  /** A step was committed. Returns the error to end with where too little of the data can be used. */
  add(step: StepUse): PretextError | undefined;
}

/** An epoch may take days: so many samples say enough. */
const ENOUGH_SAMPLES = 4096;

/**
 * Looks at the data after every epoch, or every few thousand samples of a long one, and at the end of the run, each time at as many of the last
 * steps. `earlier`: what was committed before.
 */
export function createUseCheck(policy: UsePolicy, earlier: readonly StepUse[]): UseCheck {
  const { steps, samplesPerEpoch, samplesPerStep, maxUnusable } = policy;
  const numSteps = Math.min(steps, Math.ceil(Math.min(samplesPerEpoch, ENOUGH_SAMPLES) / samplesPerStep));
  let recent = earlier.slice(-numSteps);
  return {
    add({ step, unusable }) {
      // A step that was rolled back counts once.
      recent = [...recent.filter((each) => each.step > step - numSteps && each.step < step), { step, unusable }];
      if (step % numSteps !== 0 && step !== steps) return undefined;
      const all = recent.flatMap((each) => each.unusable);
      const samples = recent.length * samplesPerStep;
      return all.length === samples || all.length > maxUnusable * samples ? createError(all, samples, maxUnusable) : undefined;
    },
  };
}

function createError(unusable: readonly UnusableSample[], samples: number, maxUnusable: number): PretextError {
  const isNothing = unusable.length === samples;
  const what = isNothing ? `None of the last ${samples} samples could be used` : `${unusable.length} of the last ${samples} samples could not be used`;
  return new PretextError('DATA_UNUSABLE', [`${what}.`, ...describeUnusable(listFiles(unusable))].join('\n'), {
    hint: isNothing ? 'quarantine.ndjson in the run\'s folder names every one.'
      : `data.maxUnusable allows a share of ${maxUnusable}; quarantine.ndjson in the run's folder names every one.`,
  });
}
