// A few kilobytes that belong to one thread: each instance of the module is told where its own lie.

export let scratch: usize = 0;

export function setScratch(at: usize): void {
  scratch = at;
}
