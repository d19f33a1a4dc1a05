// The backends by name, and the choice among them. Loads no tfjs: a backend does when it starts.

import { PretextError } from '../../shared/errors/pretext-error.js';
import { describeUnknown, hasName } from '../../shared/registry.js';
import type { Backend, Device, ProbeResult } from './backend.js';
import { cpu } from './cpu.js';
import { simd } from './simd.js';
import { tensorflow } from './tensorflow.js';
import { webgpu } from './webgpu.js';

export const backends = { tensorflow, webgpu, simd, cpu } satisfies Record<string, Backend>;

export type BackendName = keyof typeof backends;

/** Fastest first, with the device that makes it so. The JavaScript backend is missing on purpose: it runs only where it is named. */
export const automatic: readonly { readonly name: BackendName; readonly device: Device['kind'] }[] = [
  { name: 'tensorflow', device: 'gpu' },
  { name: 'webgpu', device: 'gpu' },
  { name: 'simd', device: 'cpu' },
];

/** A backend that is here, and its devices. */
export interface Chosen {
  readonly name: BackendName;
  readonly devices: readonly Device[];
}

/** Throws PretextError BAD_ARGUMENT. */
function throwOnUnknown(name: string): asserts name is BackendName {
  if (hasName(backends, name)) return;
  throw new PretextError('BAD_ARGUMENT', `backend: ${describeUnknown(['auto', ...Object.keys(backends)], name)}`, {
    hint: 'Choose one of these, or leave the option out for auto.',
  });
}

function createAbsentError(name: string, result: Extract<ProbeResult, { available: false }>): PretextError {
  return new PretextError('BACKEND_ABSENT', `backend '${name}' cannot run here: ${result.reason}`, { hint: result.remedy });
}

async function chooseAutomatically(): Promise<Chosen> {
  const reasons: string[] = [];
  for (const { name, device } of automatic) {
    const result = await backends[name].probe();
    if (result.available) {
      if (result.devices.some(({ kind }) => kind === device)) return { name, devices: result.devices };
      continue;
    }
    reasons.push(`${name}: ${result.reason} (${result.remedy})`);
  }
  throw new PretextError('BACKEND_ABSENT', `no backend can run here. ${reasons.join('; ')}`, {
    hint: 'Run `pretext doctor` to see every backend, or ask for the slow one with the name cpu.',
  });
}

/**
 * The backend to start and its devices: the named one, or for 'auto' the fastest that is here.
 * Throws PretextError BACKEND_ABSENT with reason and remedy, BAD_ARGUMENT for an unknown name.
 */
export async function chooseDevices(name: string): Promise<Chosen> {
  if (name === 'auto') return chooseAutomatically();
  throwOnUnknown(name);
  const result = await backends[name].probe();
  if (!result.available) throw createAbsentError(name, result);
  return { name, devices: result.devices };
}

/** Likewise, its name alone. */
export async function chooseBackend(name: string): Promise<BackendName> {
  return (await chooseDevices(name)).name;
}
