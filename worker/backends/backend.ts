// What a backend is: a tfjs binding that can be probed without loading tfjs, and started. One file and one line in
// index.ts. Leaves out how it computes: that is tfjs's own kernel registry.

import { PretextError } from '../../shared/errors/pretext-error.js';

export interface Device {
  readonly index: number;
  readonly name: string;
  readonly kind: 'cpu' | 'gpu';
}

export type ProbeResult =
  | { readonly available: true; readonly devices: readonly Device[] }
  | {
      readonly available: false;
      /** Why it cannot run here. */
      readonly reason: string;
      /** What to do to get it, one sentence. */
      readonly remedy: string;
    };

export interface StartOptions {
  /** Index among the probed devices; default 0. */
  readonly device?: number;
  /** Threads that compute; default 1. Where bits depend on it, the kind says it. */
  readonly threads?: number;
}

export interface StartedBackend {
  /** What the run's journal records. Machines whose kinds are equal compute the same bits. */
  readonly kind: string;
  /** Removes the tfjs backend and what it holds; every tensor on it is gone. */
  dispose(): Promise<void>;
}

export interface Backend {
  /** Says whether it can run here; loads no tfjs and registers nothing. */
  probe(): Promise<ProbeResult>;
  /** Registers the tfjs backend and makes it the current one. Throws PretextError BACKEND_ABSENT where it cannot. */
  start(options?: StartOptions): Promise<StartedBackend>;
}

/** Throws PretextError BAD_ARGUMENT for a device that a backend with so many of them does not have. */
export function throwOnDevice(name: string, device: number, numDevices: number, hint = 'pretext doctor lists them.'): void {
  if (Number.isInteger(device) && device >= 0 && device < numDevices) return;
  const expected = numDevices === 1 ? 'device 0, the only one' : `a device from 0 to ${numDevices - 1}`;
  throw new PretextError('BAD_ARGUMENT', `${name}: expected ${expected}, got ${device}`, { hint });
}
