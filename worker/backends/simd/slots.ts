// The arguments of every kernel: the one definition of their order, which is that of the slots that a kernel reads them from.
// `npm run slots` writes it out for AssemblyScript (assembly/slots.ts) and for C (native/layouts.h).

import { createHash } from 'node:crypto';

const WINDOWS = ['OH', 'OW', 'KH', 'KW', 'SH', 'SW', 'DH', 'DW', 'top', 'left'] as const;

/** Names of the arguments in order. What each means is said where the kernel is written. */
export const layouts = {
  Unary: ['x', 'y', 'count', 'p', 'q'],
  Binary: ['a', 'b', 'out', 'd0', 'd1', 'd2', 'd3', 'a0', 'a1', 'a2', 'a3', 'b0', 'b1', 'b2', 'b3', 'perChunk'],
  Select: ['condition', 'a', 'b', 'y', 'count'],
  GemmRows: ['a', 'rowsA', 'segments', 'length', 'segmentStride', 'b', 'panelBytes', 'c', 'rowsC', 'M', 'N', 'perChunk', 'accumulate', 'bias'],
  GemmColumns: ['a', 'rows', 'R', 'segments', 'length', 'segmentStride', 'b', 'c', 'N', 'perChunk', 'accumulate', 'columnsPerChunk', 'tileRows'],
  Pack: ['source', 'rowStride', 'columnStride', 'K', 'N', 'destination', 'panelBytes'],
  Depthwise: ['from', 'by', 'to', 'H', 'W', 'C', 'M', ...WINDOWS, 'N'],
  Frame: ['x', 'y', 'height', 'rowFloats', 'frameHeight', 'frameRowFloats', 'top', 'leftFloats'],
  CopyStrided: ['x', 'y', 'd1', 'd2', 'd3', 'x0', 'x1', 'x2', 'x3', 'y0', 'y1', 'y2', 'y3'],
  Gather: ['x', 'indices', 'y', 'count', 'length', 'inner'],
  ChannelSums: ['x', 'z', 'output', 'sums', 'P', 'C', 'perBlock', 'blocks'],
  GroupForward: ['sums', 'blocks', 'P', 'C', 'G', 'scale', 'shift', 'epsilon', 'isEnergy', 'moments', 'coefficients'],
  GroupBackward: ['sums', 'blocks', 'P', 'C', 'G', 'scale', 'isEnergy', 'moments', 'coefficients', 'parts'],
  SumParts: ['parts', 'N', 'C', 'dScale', 'dShift'],
  ApplyForward: ['x', 'y', 'coefficients', 'P', 'C', 'perBlock', 'blocks', 'relu'],
  ApplyBackward: ['x', 'dy', 'output', 'dx', 'coefficients', 'P', 'C', 'perBlock', 'blocks'],
  Adam: [
    'parameter', 'gradient', 'mean', 'square', 'nextParameter', 'nextMean', 'nextSquare', 'count',
    'beta1', 'rest1', 'beta2', 'rest2', 'correction', 'epsilon', 'kept', 'stride',
  ],
  Pool: ['from', 'to', 'x', 'y', 'H', 'W', 'C', ...WINDOWS],
  Sum: ['x', 'y', 'middle', 'inner', 'scale', 'columns'],
  Extreme: ['x', 'y', 'middle', 'inner'],
  Softmax: ['x', 'y', 'columns'],
  Resize: ['x', 'y', 'H', 'W', 'C', 'OH', 'OW', 'rowsIn', 'rowsOut', 'columnsIn', 'columnsOut', 'isHalf'],
  WinogradInput: ['x', 'offsets', 'V', 'T', 'C', 'rowBytes', 'perChunk', 'planeBytes'],
  WinogradFilter: ['filter', 'U', 'C', 'tapBytes', 'rowBytes', 'panelBytes', 'planeBytes'],
  WinogradTiles: ['from', 'to', 'T', 'D', 'first', 'down', 'across', 'height', 'width', 'perChunk', 'planeBytes'],
  WinogradFilterGradient: ['dU', 'dg', 'C', 'D', 'planeBytes'],
} as const;

export type LayoutName = keyof typeof layouts;

/** Which arguments each kernel takes. */
export const kernelLayouts = {
  relu: 'Unary', neg: 'Unary', square: 'Unary', sqrt: 'Unary', rsqrt: 'Unary', exp: 'Unary', log: 'Unary', abs: 'Unary', step: 'Unary',
  reciprocal: 'Unary', sigmoid: 'Unary', tanh: 'Unary', clip: 'Unary',
  add: 'Binary', sub: 'Binary', mul: 'Binary', div: 'Binary', maximum: 'Binary', minimum: 'Binary', squaredDifference: 'Binary',
  select: 'Select',
  gemmRows: 'GemmRows', gemmColumns: 'GemmColumns', pack: 'Pack',
  depthwise: 'Depthwise', depthwiseInputGradient: 'Depthwise', depthwiseFilterGradient: 'Depthwise',
  frame: 'Frame', copyStrided: 'CopyStrided', gather: 'Gather',
  channelSums: 'ChannelSums', groupForward: 'GroupForward', groupBackward: 'GroupBackward', sumParts: 'SumParts',
  applyForward: 'ApplyForward', applyBackward: 'ApplyBackward',
  adam: 'Adam',
  maxPool: 'Pool', maxPoolGrad: 'Pool', avgPool: 'Pool', avgPoolGrad: 'Pool',
  sum: 'Sum', reduceMax: 'Extreme', reduceMin: 'Extreme', argMax: 'Extreme', argMin: 'Extreme', softmax: 'Softmax', logSoftmax: 'Softmax',
  resizeBilinear: 'Resize', resizeBilinearGradient: 'Resize',
  winogradInput: 'WinogradInput', winogradFilter: 'WinogradFilter', winogradOutput: 'WinogradTiles', winogradGradient: 'WinogradTiles',
  winogradFilterGradient: 'WinogradFilterGradient',
} as const satisfies Record<string, LayoutName>;

export type KernelName = keyof typeof kernelLayouts;

/** The kernels that take the same arguments. */
export type KernelOf<Layout extends LayoutName> = { [Name in KernelName]: (typeof kernelLayouts)[Name] extends Layout ? Name : never }[KernelName];

/** A kernel's arguments, 32 bits each: integers and byte offsets as they are, floats through `floatBits`. */
export type Slots<Name extends KernelName> = Readonly<Record<(typeof layouts)[(typeof kernelLayouts)[Name]][number], number>>;

/** A number that a module carries, so that one that was built for other arguments is never run. */
export const SLOTS_DIGEST = createHash('sha256').update(JSON.stringify(layouts)).digest().readInt32LE();

/** Numbers that kernels and those who call them count with alike. */
export const shared = {
  /** Elements that a chunk of a flat kernel takes. */
  CHUNK: 16384,
  /** Rows that a tile of the product takes. */
  TILE_ROWS: 5,
} as const;
