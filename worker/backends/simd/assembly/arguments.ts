// How a kernel reads its arguments: slots of four bytes in shared memory, so that every thread sees the same ones. slots.ts
// names their places.
// Every exported kernel is `(slots, chunk)`: one chunk of its work, independent of all other chunks.

/** Integer in slot n. */
// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
export function int(slots: usize, n: i32): i32 {
  return load<i32>(slots + (<usize>n << 2));
}

/** Byte offset into memory in slot n. */
// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
export function pointer(slots: usize, n: i32): usize {
  return <usize>load<u32>(slots + (<usize>n << 2));
}

/** Float in slot n. */
// @ts-expect-error: TypeScript knows no decorators of functions.
@inline
export function float(slots: usize, n: i32): f32 {
  return load<f32>(slots + (<usize>n << 2));
}
