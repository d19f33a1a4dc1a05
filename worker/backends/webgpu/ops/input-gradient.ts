// The gradient of a convolution's input: one matrix product for each residue of the stride, over the taps that reach it, so that
// nothing is multiplied by zeros. Shape letters: N images, H, W input places, C input channels, O output channels.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { listResidues, type ConvolutionInfo, type Residue } from '../../convolution-geometry.js';
import { runPlacedProducts, runProduct } from '../gemm/run.js';
import type { Product } from '../gemm/plan.js';
import type { GpuBackend } from '../program.js';
import { element, isWhole, nameOf } from './geometry.js';

/** [N, H, W, C]; `dy` is [N, P, Q, O]. The caller owns the result. */
export function inputGradient(backend: GpuBackend, dy: TensorInfo, filter: TensorInfo, info: ConvolutionInfo): TensorInfo {
  const rows = listResidues(info.inHeight, info.strideHeight, info.filterHeight, info.padInfo.top);
  const columns = listResidues(info.inWidth, info.strideWidth, info.filterWidth, info.padInfo.left);
  const residues = rows.flatMap((row) => columns.map((column) => [row, column] as const));
  const products = residues.map(([row, column]) => planResidue(info, row, column));
  // One alone has all positions, in their order.
  if (products.length === 1) return runProduct(backend, products[0]!, { a: dy, b: filter }, info.inShape);
  const placed = products.map((product, i) => ({ ...product, place: writePlace(info, ...residues[i]!) }));
  return runPlacedProducts(backend, placed, { a: dy, b: filter }, info.inShape);
}

/** Where row and column of a residue's product lie in the input. */
function writePlace({ inHeight, inWidth, inChannels, strideHeight, strideWidth }: ConvolutionInfo, row: Residue, column: Residue): string {
  const positions = row.numPositions * column.numPositions;
  return `((row / ${positions} * ${inHeight} + row % ${positions} / ${column.numPositions} * ${strideHeight} + ${row.residue}) * ${inWidth}
      + row % ${column.numPositions} * ${strideWidth} + ${column.residue}) * ${inChannels} + column`;
}

/** Input positions of one residue by input channels, summed over taps and output channels; nothing to sum gives zeros. */
function planResidue(info: ConvolutionInfo, row: Residue, column: Residue): Product {
  const { batchSize, inChannels, outHeight, outWidth, outChannels, filterWidth, strideHeight, strideWidth } = info;
  const positions = row.numPositions * column.numPositions;
  const isVector = isWhole(outChannels);
  const taps = `let tap = depth / ${outChannels}; let th = tap / ${Math.max(1, column.numTaps)}; let tw = tap % ${Math.max(1, column.numTaps)};`;
  return {
    key: `${nameOf('inputGradient', info)}_${row.residue}_${column.residue}`,
    batches: 1,
    rows: batchSize * positions,
    columns: inChannels,
    depth: row.numTaps * column.numTaps * outChannels,
    left: {
      contiguous: 'depth',
      isVector,
      read: `
        ${taps}
        let place = outer % ${positions};
        let h = place / ${column.numPositions} + ${row.start} - th;
        let w = place % ${column.numPositions} + ${column.start} - tw;
        if (h < 0 || h >= ${outHeight} || w < 0 || w >= ${outWidth}) { return zero; }
        return ${element('a', `((outer / ${positions} * ${outHeight} + h) * ${outWidth} + w) * ${outChannels} + depth % ${outChannels}`, isVector)};`,
    },
    right: {
      contiguous: 'depth',
      isVector,
      read: `
        ${taps}
        let place = (${row.firstTap} + th * ${strideHeight}) * ${filterWidth} + ${column.firstTap} + tw * ${strideWidth};
        return ${element('b', `(place * ${inChannels} + outer) * ${outChannels} + depth % ${outChannels}`, isVector)};`,
    },
  };
}
