// What the worker's main thread and its compute thread say to each other. Bulk data lie on shared memory.

import type { Recipe } from '../../shared/recipe/schema.js';
import type { WireLayout } from '../../shared/protocol/messages.js';
import type { MicrobatchInput } from './forward.js';
import type { MicrobatchResult } from './trainer.js';
import type { StepSums } from './update.js';

/** Calls that the compute thread answers, one after another, in the order they come. */
export interface ComputeCalls {
  /** Starts the backend. */
  start: { parameters: { backend: string; device?: number; threads?: number }; result: { kind: string } };
  /** Builds the model that a recipe names, for so many items to train on. */
  build: { parameters: { recipe: Recipe; numInstances: number }; result: { layout: WireLayout; stateLength: number } };
  /** Loads a state; without one, the state that the seed gives. */
  load: { parameters: { state?: Float32Array }; result: undefined };
  gradient: { parameters: { input: MicrobatchInput; gradient: Float32Array }; result: MicrobatchResult };
  update: { parameters: StepSums; result: undefined };
  save: { parameters: { state: Float32Array }; result: undefined };
  /** SHA-256 of the values alone, or of the whole state. */
  digest: { parameters: { of: 'values' | 'state' }; result: string };
}

export type CallName = keyof ComputeCalls;

export type Request = { [Name in CallName]: { id: number; name: Name; parameters: ComputeCalls[Name]['parameters'] } }[CallName];

export type Reply =
  | { readonly id: number; readonly result: unknown; readonly ms: number }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string; readonly hint?: string } };

/** A float array on shared memory. */
export function sharedFloats(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(length * 4));
}
