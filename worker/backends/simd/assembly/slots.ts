// Written by `npm run slots` from slots.ts: the places of the kernels' arguments.

export const enum Unary { x, y, count, p, q }
export const enum Binary { a, b, out, d0, d1, d2, d3, a0, a1, a2, a3, b0, b1, b2, b3, perChunk }
export const enum Select { condition, a, b, y, count }
export const enum GemmRows { a, rowsA, segments, length, segmentStride, b, panelBytes, c, rowsC, M, N, perChunk, accumulate, bias }
export const enum GemmColumns { a, rows, R, segments, length, segmentStride, b, c, N, perChunk, accumulate, columnsPerChunk, tileRows }
export const enum Pack { source, rowStride, columnStride, K, N, destination, panelBytes }
export const enum Depthwise { from, by, to, H, W, C, M, OH, OW, KH, KW, SH, SW, DH, DW, top, left, N }
export const enum Frame { x, y, height, rowFloats, frameHeight, frameRowFloats, top, leftFloats }
export const enum CopyStrided { x, y, d1, d2, d3, x0, x1, x2, x3, y0, y1, y2, y3 }
export const enum Gather { x, indices, y, count, length, inner }
export const enum ChannelSums { x, z, output, sums, P, C, perBlock, blocks }
export const enum GroupForward { sums, blocks, P, C, G, scale, shift, epsilon, isEnergy, moments, coefficients }
export const enum GroupBackward { sums, blocks, P, C, G, scale, isEnergy, moments, coefficients, parts }
export const enum SumParts { parts, N, C, dScale, dShift }
export const enum ApplyForward { x, y, coefficients, P, C, perBlock, blocks, relu }
export const enum ApplyBackward { x, dy, output, dx, coefficients, P, C, perBlock, blocks }
export const enum Adam { parameter, gradient, mean, square, nextParameter, nextMean, nextSquare, count, beta1, rest1, beta2, rest2, correction, epsilon, kept, stride }
export const enum Pool { from, to, x, y, H, W, C, OH, OW, KH, KW, SH, SW, DH, DW, top, left }
export const enum Sum { x, y, middle, inner, scale, columns }
export const enum Extreme { x, y, middle, inner }
export const enum Softmax { x, y, columns }
export const enum Resize { x, y, H, W, C, OH, OW, rowsIn, rowsOut, columnsIn, columnsOut, isHalf }
export const enum WinogradInput { x, offsets, V, T, C, rowBytes, perChunk, planeBytes }
export const enum WinogradFilter { filter, U, C, tapBytes, rowBytes, panelBytes, planeBytes }
export const enum WinogradTiles { from, to, T, D, first, down, across, height, width, perChunk, planeBytes }
export const enum WinogradFilterGradient { dU, dg, C, D, planeBytes }

export const CHUNK: i32 = 16384;
export const TILE_ROWS: i32 = 5;
export const SLOTS_DIGEST: i32 = 1863653847;
