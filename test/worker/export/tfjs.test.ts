// Trunks as graph models of TensorFlow.js: what its own loader computes of a picture is what we do.

import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { backends } from '../../../worker/backends/index.js';
import { describeGraph } from '../../../worker/export/describe/index.js';
import { emitTfjs } from '../../../worker/export/tfjs/emit.js';
import { writePage } from '../../../worker/export/tfjs/page.js';
import { computeOurs, createExported, drawPictures, exportCases, type OutputValues } from '../../helpers/export-cases.js';
import { freshRandom, largestError } from '../../helpers/numerics.js';
import { skipWithReason } from '../../helpers/test-data.js';

const NUM_PICTURES = 2;
const TOLERANCE = 1e-4;

interface GraphModel {
  execute(inputs: Record<string, tf.Tensor>, outputs: readonly string[]): tf.Tensor[];
  dispose(): void;
}

interface Converter {
  loadGraphModel(source: object): Promise<GraphModel>;
}

/** It is optional; undefined without it. The name is no literal, so that this compiles where it is not installed. */
async function loadConverter(): Promise<Converter | undefined> {
  const name: string = '@tensorflow/tfjs-converter';
  const module = await import(name).catch(() => undefined) as (Converter & { default?: Converter }) | undefined;
  return module?.default ?? module;
}

test.before(async () => {
  await backends.simd.start();
});

const describe = ({ model, options }: { readonly model: string; readonly options: object }): string => `${model} ${JSON.stringify(options)}`;

for (const given of exportCases) {
  test.serial(`the loader of TensorFlow.js gives the features of every stage of ${describe(given)} within 1e-4`, async (t) => {
    const converter = await loadConverter();
    if (!converter) return skipWithReason(t, '@tensorflow/tfjs-converter is not installed. Run `npm install`, without --omit=optional.');
    const { random } = freshRandom();
    const exported = createExported(given, random);
    const { json, weights } = emitTfjs(describeGraph(exported), { made: 'by a test' });
    const { modelTopology, weightsManifest, signature } = JSON.parse(JSON.stringify(json)) as typeof json;
    const bytes = new Uint8Array(Buffer.concat(weights));
    const model = await converter.loadGraphModel({ load: () => Promise.resolve({ modelTopology, signature, weightSpecs: weightsManifest[0].weights, weightData: bytes.buffer }) });
    const pictures = drawPictures(random, given, NUM_PICTURES);
    const ours: Readonly<Record<string, OutputValues>> = computeOurs(exported, pictures);
    const theirs = tf.tidy(() => model.execute({ pixels: tf.tensor4d(pictures, [NUM_PICTURES, given.side, given.side, 3]) }, Object.keys(ours)).map((tensor) => ({ shape: tensor.shape, values: tensor.dataSync() })));
    Object.entries(ours).forEach(([name, { shape, values }], i) => {
      t.deepEqual(theirs[i]!.shape, shape);
      const error = largestError(theirs[i]!.values, values);
      t.true(error < TOLERANCE, `${name}: off by ${error}`);
    });
    model.dispose();
  });
}

test('a label that looks like the end of a script or a tag stays a label', (t) => {
  const page = writePage({ title: '<b>&"', side: 8, shortSide: 9, channels: 3, outputs: [], answers: 'one', labels: ['</script><script>alert(1)</script>'], scripts: ['tf.js'] });
  t.is(page.split('</script>').length - 1, 2);
  t.true(page.includes('<title>&lt;b>&amp;&quot;</title>'));
});
