// What `--devices` says. Apart from devices.ts because every command reads this to show its help.

/** All that the backend has; some of them by number; or so many workers on the processor. */
export type DeviceChoice =
  | { readonly type: 'all' }
  | { readonly type: 'some'; readonly devices: readonly number[] }
  | { readonly type: 'processor'; readonly count: number };

const MAX_PLACES = 256;

/** Reads `all`, `0,2` or `cpu:2`; undefined for anything else. */
export function readDevices(text: string): DeviceChoice | undefined {
  if (text === 'all') return { type: 'all' };
  const processor = /^cpu(?::(\d{1,3}))?$/.exec(text);
  if (processor) {
    const count = Number(processor[1] ?? 1);
    return count >= 1 && count <= MAX_PLACES ? { type: 'processor', count } : undefined;
  }
  if (!/^\d{1,3}(,\d{1,3})*$/.test(text)) return undefined;
  const devices = text.split(',').map(Number);
  return new Set(devices).size === devices.length ? { type: 'some', devices } : undefined;
}
