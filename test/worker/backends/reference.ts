// Plain float64 versions of the ops, by their definition: what backends are compared with. Speed does not matter here.

export interface Numbers {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export type Reference = (...inputs: readonly Numbers[]) => Numbers;

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

/** The numbers whose element at each index is what the function says. */
export function fill(shape: readonly number[], at: (index: readonly number[]) => number): Numbers {
  const data = new Float64Array(sizeOf(shape));
  const index = shape.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    data[i] = at(index);
    for (let d = shape.length - 1; d >= 0; d--) {
      index[d]! += 1;
      if (index[d]! < shape[d]!) break;
      index[d] = 0;
    }
  }
  return { shape, data };
}

/** One element; axes of extent 1 repeat and missing leading axes are skipped, as in broadcasting. */
export function get({ shape, data }: Numbers, index: readonly number[]): number {
  const offset = index.length - shape.length;
  let at = 0;
  for (let d = 0; d < shape.length; d++) at = at * shape[d]! + (shape[d] === 1 ? 0 : index[d + offset]!);
  return data[at]!;
}

function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, d) => Math.max(a[d - rank + a.length] ?? 1, b[d - rank + b.length] ?? 1));
}

export const unary = (f: (x: number) => number): Reference => (x) => ({ shape: x.shape, data: x.data.map((value) => f(value)) });

export const binary = (f: (a: number, b: number) => number): Reference => (a, b) =>
  fill(broadcastShape(a.shape, b.shape), (index) => f(get(a, index), get(b, index)));

/** Reduces axes with a function of the list of their elements. */
export const reduce = (axes: readonly number[], f: (values: readonly number[]) => number, keepDims = false): Reference => (x) => {
  const { shape } = x;
  const kept = shape.map((extent, d) => (axes.includes(d) ? 1 : extent));
  const inner = shape.map((extent, d) => (axes.includes(d) ? extent : 1));
  const result = fill(kept, (index) => {
    const values = fill(inner, (within) => get(x, index.map((i, d) => i + within[d]!)));
    return f([...values.data]);
  });
  return keepDims ? result : { ...result, shape: shape.filter((_, d) => !axes.includes(d)) };
};

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
export const mean = (values: readonly number[]): number => sum(values) / values.length;

export interface Geometry {
  readonly size: number;
  readonly stride: number;
  readonly pad: 'same' | 'valid' | number;
}

/** Output side and leading padding of one dimension, by TensorFlow's rule. */
export function planSide(side: number, { size, stride, pad }: Geometry): { readonly out: number; readonly before: number } {
  if (pad === 'valid') return { out: Math.ceil((side - size + 1) / stride), before: 0 };
  if (pad !== 'same') return { out: Math.floor((side + 2 * pad - size) / stride) + 1, before: pad };
  const out = Math.ceil(side / stride);
  return { out, before: Math.floor(Math.max(0, (out - 1) * stride + size - side) / 2) };
}

/** Elements of each window, with the position in the window; those outside the image are left out. */
function visitWindow(
  x: Numbers, geometry: Geometry, [n, i, j]: readonly [number, number, number], visit: (kh: number, kw: number, at: readonly [number, number, number]) => void,
): void {
  const [, H = 0, W = 0] = x.shape;
  const top = i * geometry.stride - planSide(H, geometry).before;
  const left = j * geometry.stride - planSide(W, geometry).before;
  for (let kh = 0; kh < geometry.size; kh++) {
    for (let kw = 0; kw < geometry.size; kw++) {
      const h = top + kh;
      const w = left + kw;
      if (h >= 0 && h < H && w >= 0 && w < W) visit(kh, kw, [n, h, w]);
    }
  }
}

export const conv2d = (geometry: Omit<Geometry, 'size'>): Reference => (x, filter) => {
  const [N = 0, H = 0, W = 0, C = 0] = x.shape;
  const [size = 0, , , D = 0] = filter.shape;
  const full = { ...geometry, size };
  return fill([N, planSide(H, full).out, planSide(W, full).out, D], ([n = 0, i = 0, j = 0, d = 0]) => {
    let total = 0;
    visitWindow(x, full, [n, i, j], (kh, kw, at) => {
      for (let c = 0; c < C; c++) total += get(x, [...at, c]) * get(filter, [kh, kw, c, d]);
    });
    return total;
  });
};

/** Filters [size, size, C, M]: output channel c * M + m is input channel c by filter m. */
export const depthwise = (geometry: Omit<Geometry, 'size'>): Reference => (x, filter) => {
  const [N = 0, H = 0, W = 0] = x.shape;
  const [size = 0, , C = 0, M = 0] = filter.shape;
  const full = { ...geometry, size };
  return fill([N, planSide(H, full).out, planSide(W, full).out, C * M], ([n = 0, i = 0, j = 0, d = 0]) => {
    const c = Math.floor(d / M);
    let total = 0;
    visitWindow(x, full, [n, i, j], (kh, kw, at) => {
      total += get(x, [...at, c]) * get(filter, [kh, kw, c, d % M]);
    });
    return total;
  });
};

/** Where each place of the output reads along one dimension: the neighbours and the share of the second. */
function planResize(input: number, output: number, alignCorners: boolean, halfPixelCenters: boolean): (i: number) => readonly [number, number, number] {
  const step = alignCorners && output > 1 ? (input - 1) / (output - 1) : input / output;
  return (i) => {
    const at = Math.min(input - 1, Math.max(0, halfPixelCenters ? step * (i + 0.5) - 0.5 : step * i));
    const first = Math.floor(at);
    return [first, Math.min(input - 1, first + 1), at - first];
  };
}

export const resizeBilinear = (size: readonly [number, number], alignCorners: boolean, halfPixelCenters: boolean): Reference => (x) => {
  const [N = 0, H = 0, W = 0, C = 0] = x.shape;
  const rows = planResize(H, size[0], alignCorners, halfPixelCenters);
  const columns = planResize(W, size[1], alignCorners, halfPixelCenters);
  return fill([N, ...size, C], ([n = 0, i = 0, j = 0, c = 0]) => {
    const [top, bottom, down] = rows(i);
    const [left, right, across] = columns(j);
    const along = (h: number): number => get(x, [n, h, left, c]) * (1 - across) + get(x, [n, h, right, c]) * across;
    return along(top) * (1 - down) + along(bottom) * down;
  });
};

export const pool = (geometry: Geometry, f: (values: readonly number[]) => number): Reference => (x) => {
  const [N = 0, H = 0, W = 0, C = 0] = x.shape;
  return fill([N, planSide(H, geometry).out, planSide(W, geometry).out, C], ([n = 0, i = 0, j = 0, c = 0]) => {
    const values: number[] = [];
    visitWindow(x, geometry, [n, i, j], (_, __, at) => values.push(get(x, [...at, c])));
    return f(values);
  });
};

export const matmul = (transposeA: boolean, transposeB: boolean): Reference => (a, b) => {
  const turn = (x: Numbers, transpose: boolean): Numbers =>
    transpose ? fill([...x.shape.slice(0, -2), x.shape.at(-1)!, x.shape.at(-2)!], (index) => get(x, [...index.slice(0, -2), index.at(-1)!, index.at(-2)!])) : x;
  const [left, right] = [turn(a, transposeA), turn(b, transposeB)];
  const stack = broadcastShape(left.shape.slice(0, -2), right.shape.slice(0, -2));
  const depth = left.shape.at(-1)!;
  return fill([...stack, left.shape.at(-2)!, right.shape.at(-1)!], (index) => {
    const [before, m, n] = [index.slice(0, -2), index.at(-2)!, index.at(-1)!];
    const [row, column] = [[...before, m, 0], [...before, 0, n]];
    let total = 0;
    for (let k = 0; k < depth; k++) {
      row[row.length - 1] = k;
      column[column.length - 2] = k;
      total += get(left, row) * get(right, column);
    }
    return total;
  });
};

/** x[N, P, C] in groups of channels: standardised, scaled, shifted. */
export const normaliseGroups = (numGroups: number, epsilon: number, relu: boolean): Reference => (x, scale, shift) => {
  const [, P = 0, C = 0] = x.shape;
  const K = C / numGroups;
  const cache = new Map<string, { readonly mean: number; readonly root: number }>();
  const momentsOf = (n: number, g: number): { readonly mean: number; readonly root: number } => {
    const key = `${n} ${g}`;
    const known = cache.get(key);
    if (known !== undefined) return known;
    const values = [...fill([P, K], ([p = 0, k = 0]) => get(x, [n, p, g * K + k])).data];
    const average = mean(values);
    const moments = { mean: average, root: Math.sqrt(mean(values.map((value) => (value - average) ** 2)) + epsilon) };
    cache.set(key, moments);
    return moments;
  };
  return fill(x.shape, ([n = 0, p = 0, c = 0]) => {
    const moments = momentsOf(n, Math.floor(c / K));
    const y = ((get(x, [n, p, c]) - moments.mean) / moments.root) * get(scale, [c]) + get(shift, [c]);
    return relu ? Math.max(0, y) : y;
  });
};

export const standardizeWeights = (epsilon: number): Reference => (w) => {
  const D = w.shape[3]!;
  const columns = Array.from({ length: D }, (_, d) => [...w.data].filter((__, i) => i % D === d));
  const moments = columns.map((values) => {
    const average = mean(values);
    return { mean: average, root: Math.sqrt(sum(values.map((value) => (value - average) ** 2)) + epsilon) };
  });
  return fill(w.shape, (index) => (get(w, index) - moments[index[3]!]!.mean) / moments[index[3]!]!.root);
};

const logSum = (values: readonly number[]): number => Math.log(sum(values.map((value) => Math.exp(value))));

export const logSoftmax: Reference = (x) => {
  const totals = reduce([x.shape.length - 1], logSum, true)(x);
  return fill(x.shape, (index) => get(x, index) - get(totals, index));
};

export const softmax: Reference = (x) => unary(Math.exp)(logSoftmax(x));

export const softmaxCrossEntropy = (probabilities: Numbers): Reference => (logits) => {
  const logs = logSoftmax(logits);
  return reduce([1], (values) => -sum(values))(fill(logits.shape, (index) => get(logs, index) * get(probabilities, index)));
};

/** A rearrangement: where each element of the result comes from. Elements from nowhere are 0. */
export const move = (shape: readonly number[], from: (index: readonly number[]) => readonly number[] | undefined): Reference => (x) =>
  fill(shape, (index) => {
    const source = from(index);
    return source === undefined ? 0 : get(x, source);
  });
