// Trunks as ONNX: all of them can be written, and what onnxruntime computes of a picture is what we do. Numbers are compared where Python has it.

import test from 'ava';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backends } from '../../../worker/backends/index.js';
import { describeGraph } from '../../../worker/export/describe/index.js';
import type { Exported } from '../../../worker/export/exported.js';
import { emitOnnx } from '../../../worker/export/onnx/emit.js';
import { modelNames } from '../../helpers/whole.js';
import { computeOurs, createExported, drawPictures, exportCases, toPlanes, type OutputValues } from '../../helpers/export-cases.js';
import { freshRandom, largestError } from '../../helpers/numerics.js';
import { findPython } from '../../helpers/python.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

const NUM_PICTURES = 2;
const TOLERANCE = 1e-4;

test.before(async () => {
  await backends.simd.start();
});

test('every model has a case', (t) => {
  t.deepEqual([...new Set(exportCases.map(({ model }) => model))].sort(), [...modelNames].sort());
});

type Theirs = Readonly<Record<string, { readonly shape: readonly number[]; readonly values: readonly number[] }>>;

/** Maps as they lie there. */
function inTheirLayout({ shape, values }: OutputValues): { readonly shape: readonly number[]; readonly values: Float32Array } {
  if (shape.length < 4) return { shape, values };
  const [n, h, w, c] = shape as [number, number, number, number];
  return { shape: [n, c, h, w], values: toPlanes(values, shape) };
}

const countKernelBytes = ({ arrays }: Exported): number => arrays.reduce((sum, { shape, values }) => sum + (shape.length > 1 ? values.byteLength : 0), 0);

test('onnxruntime gives the features of every stage, and the logits where there are classes, within 1e-4', async (t) => {
  const { random } = freshRandom();
  const folder = await makeTempFolder(t);
  const all: { readonly exported: Exported; readonly pictures: Float32Array }[] = [];
  const cases: object[] = [];
  let worst = 0;
  for (const [i, given] of exportCases.entries()) {
    const exported = createExported(given, random);
    const pictures = drawPictures(random, given, NUM_PICTURES);
    const { side } = given;
    const model = emitOnnx(describeGraph(exported), { made: 'by a test' });
    t.true(model.reduce((sum, { byteLength }) => sum + byteLength, 0) > countKernelBytes(exported), JSON.stringify(exported.model));
    await writeFile(join(folder, `${i}.onnx`), model);
    await writeFile(join(folder, `${i}.bin`), new Uint8Array(toPlanes(pictures, [NUM_PICTURES, side, side, 3]).buffer));
    all.push({ exported, pictures });
    cases.push({ file: `${i}.onnx`, input: `${i}.bin`, batch: NUM_PICTURES, channels: 3, side });
  }
  const runPython = await findPython(t, ['numpy', 'onnxruntime']);
  if (!runPython) return;
  await writeFile(join(folder, 'cases.json'), JSON.stringify(cases));
  const results = await runPython('run_onnx.py', folder) as readonly Theirs[];
  results.forEach((theirs, i) => {
    const { exported, pictures } = all[i]!;
    const what = JSON.stringify(exported.model);
    const ours = computeOurs(exported, pictures);
    t.deepEqual(Object.keys(theirs), Object.keys(ours), what);
    for (const [name, output] of Object.entries(ours)) {
      const { shape, values } = inTheirLayout(output);
      t.deepEqual(theirs[name]!.shape, shape, `${what} ${name}`);
      const error = largestError(Float32Array.from(theirs[name]!.values), values);
      t.true(error < TOLERANCE, `${what} ${name}: off by ${error}`);
      worst = Math.max(worst, error);
    }
  });
  t.log(`largest error ${worst}`);
});
