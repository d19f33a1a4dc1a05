// What other libraries call the arrays of a trunk, and how they lay them out. A convention is a pure mapping of names and layouts, one file
// each; translate.ts goes from theirs to ours, worker/export from ours to theirs.

import type { NamedArray } from '../../tensors/safetensors.js';

/** An array by its name and shape. */
export interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** How our axes lie in theirs: element i of `axes` is the axis of ours that their axis i is. Undefined where both are the same. */
export interface Counterpart {
  readonly ours: NamedShape;
  readonly theirs: NamedShape;
  readonly axes?: readonly number[];
}

export interface Convention {
  readonly name: string;
  /** True for the names of a file of this convention. */
  recognises(names: ReadonlySet<string>): boolean;
  /** Why an array has no place in a trunk; undefined for one that has. */
  leftOut(name: string): string | undefined;
  /** Of the arrays of a trunk of ours, in their order. An array of a kind that the convention does not know has none. */
  counterparts(ours: readonly NamedShape[]): readonly Counterpart[];
  /** Options of our models that features agree with, and the value each must have; `sameAs` is what is assumed where it is left out. */
  readonly needs: readonly { readonly option: string; readonly value: string; readonly sameAs: string }[];
  /** Makes what several of our arrays share in one of theirs into one each, and back. */
  split?(theirs: readonly NamedArray[]): readonly NamedArray[];
  join?(theirs: readonly NamedArray[]): readonly NamedArray[];
}

/** Kernels of convolutions: theirs are [out, in, height, width], ours [height, width, in, out]. */
export const KERNEL_AXES = [3, 2, 0, 1] as const;
/** Of dense layers: theirs are [out, in]. */
export const MATRIX_AXES = [1, 0] as const;

const axesOf = (shape: readonly number[]): readonly number[] | undefined => ({ 4: KERNEL_AXES, 2: MATRIX_AXES })[shape.length];

/** The counterpart of an array whose axes are those that its rank says. */
export function counterpartOf(ours: NamedShape, theirName: string): Counterpart {
  const axes = axesOf(ours.shape);
  const shape = axes ? axes.map((axis) => ours.shape[axis]!) : ours.shape;
  return { ours, theirs: { name: theirName, shape }, ...(axes && { axes }) };
}
