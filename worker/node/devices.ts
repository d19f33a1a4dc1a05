// Which devices of a machine its workers compute on: of what is here, what `--devices` says.

import { PretextError } from '../../shared/errors/pretext-error.js';
import type { Device } from '../backends/backend.js';
import { chooseDevices, type BackendName } from '../backends/index.js';
import type { DeviceChoice } from './device-choice.js';

/** A worker of the node: what it is called there, and the backend's device that is its own. */
export interface Place {
  readonly name: string;
  readonly device: number;
  /** What the device says of itself. */
  readonly title: string;
}

export interface NodeDevices {
  readonly backend: BackendName;
  readonly places: readonly Place[];
}

/**
 * Chooses among the devices of a backend. `cpu` is the processor whichever backend it is through, and through simd where that is left
 * open. Throws PretextError BACKEND_ABSENT, or BAD_ARGUMENT for devices that are not here.
 */
export async function findDevices(choice: DeviceChoice, name: string): Promise<NodeDevices> {
  const { name: backend, devices } = await chooseDevices(choice.type === 'processor' && name === 'auto' ? 'simd' : name);
  return { backend, places: placeWorkers(choice, backend, devices) };
}

/** Throws PretextError BAD_ARGUMENT for devices that are not there. */
export function placeWorkers(choice: DeviceChoice, backend: string, devices: readonly Device[]): Place[] {
  if (choice.type === 'all') return devices.map(placeOn);
  if (choice.type === 'processor') {
    const processor = devices.find(({ kind }) => kind === 'cpu');
    if (!processor) throw new PretextError('BAD_ARGUMENT', `--devices cpu: backend ${backend} does not compute on the processor here`, { hint: 'Choose the devices by number, or the backend simd.' });
    return Array.from({ length: choice.count }, (_, i) => ({ ...placeOn(processor), name: `cpu${i}` }));
  }
  return choice.devices.map((number) => {
    const device = devices.find(({ index }) => index === number);
    if (device) return placeOn(device);
    const present = devices.length === 1 ? 'device 0 alone' : `devices 0 to ${devices.length - 1}`;
    throw new PretextError('BAD_ARGUMENT', `--devices ${number}: backend ${backend} has ${present}`, { hint: 'pretext doctor lists them.' });
  });
}

const placeOn = ({ index, name }: Device): Place => ({ name: String(index), device: index, title: name });
