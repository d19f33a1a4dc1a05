// A few kilobytes that belong to one thread: each instance of the module is told where its own lie.

/** Bytes that the JavaScript side sets aside for each thread. */
export const SCRATCH_BYTES: i32 = 65536;

export let scratch: usize = 0;

export function setScratch(at: usize): void {
  scratch = at;
}
