// Named parameters to one flat buffer and back: the order, offsets and roles that all ends agree on.

/**
 * One named array of a model.
 *
 * `role`: a `parameter` is trained by gradients; a `statistic` (batch norm's running mean and variance) travels in the
 * gradient's place as the weighted sum of what each microbatch saw, and is averaged into its running value.
 */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: 'parameter' | 'statistic';
  /** He-uniform over `fanIn` inputs (bound sqrt(6 / fanIn) times `gain`), or a constant. */
  readonly init: { readonly kind: 'heUniform'; readonly fanIn: number; readonly gain?: number } | { readonly kind: 'constant'; readonly value: number };
  /** False for biases and normalisation parameters: no weight decay, and no LARS adaptation. */
  readonly decay: boolean;
}

export interface LayoutEntry extends ParameterSpec {
  /** In elements from the start of the flat buffer. */
  readonly offset: number;
  readonly length: number;
}

export interface Layout {
  readonly entries: readonly LayoutEntry[];
  /** Elements of the flat buffer. */
  readonly length: number;
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** Lays parameters one after another, in the order given. Throws on a name used twice. */
export function createLayout(specs: readonly ParameterSpec[]): Layout {
  const seen = new Set<string>();
  const entries: LayoutEntry[] = [];
  let offset = 0;
  for (const spec of specs) {
    if (seen.has(spec.name)) throw new Error(`Two parameters are named "${spec.name}".`);
    seen.add(spec.name);
    const length = sizeOf(spec.shape);
    entries.push({ ...spec, offset, length });
    offset += length;
  }
  return { entries, length: offset };
}
