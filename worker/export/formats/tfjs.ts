// A graph model of TensorFlow.js with a page that runs it. The page has its own copy of TensorFlow.js, of the version that is installed here.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { describeGraph } from '../describe/index.js';
import { describeOrigin, type Exported, type ExportedFile, type ExportFormat, type Origin } from '../exported.js';
import { INPUT, type Graph } from '../graph.js';
import { emitTfjs } from '../tfjs/emit.js';
import { WEIGHTS_FILE } from '../tfjs/model.js';
import { writePage } from '../tfjs/page.js';

const { resolve } = createRequire(import.meta.url);

/** In the order that a page loads them in. */
const PACKAGES = ['core', 'backend-cpu', 'converter'] as const;

/** The file of a package that pages load. Throws PretextError BACKEND_ABSENT where it is not installed. */
async function readLibrary(part: (typeof PACKAGES)[number]): Promise<ExportedFile> {
  const name = `@tensorflow/tfjs-${part}`;
  try {
    const path = resolve(`${name}/package.json`);
    const { version } = JSON.parse(await readFile(path, 'utf8')) as { version: string };
    const script = await readFile(join(dirname(path), 'dist', `tf-${part}.min.js`));
    return { name: `tf-${part}-${version}.min.js`, pieces: [script], what: `TensorFlow.js ${version} (Apache-2.0), ${part}` };
  } catch (cause) {
    throw new PretextError('BACKEND_ABSENT', `--format tfjs: the package ${name}, of which the page has a copy, is not installed.`, { hint: `Run \`npm install ${name}@4.22.0\`.`, cause });
  }
}

function listPage({ model, classes = [], answers = 'one' }: Exported, { outputs, side, channels }: Graph, { shortSide }: Origin, libraries: readonly ExportedFile[]): ExportedFile[] {
  // A browser gives red, green and blue, or grey, and no other bands.
  if (channels !== 1 && channels !== 3) return [];
  const scripts = libraries.map(({ name }) => name);
  const page = writePage({ title: `${model.name} in the browser`, side, shortSide, channels, outputs, labels: classes, answers, scripts });
  return [{ name: 'index.html', pieces: [page], what: 'a page that runs the model on a picture: `python3 -m http.server` here, then http://localhost:8000' }, ...libraries];
}

export const tfjs: ExportFormat = {
  what: 'a graph model of TensorFlow.js',
  input: { layout: 'NHWC', name: INPUT },
  usage: ({ side, pixels: { channels } }) => [
    '```js', "const model = await tf.loadGraphModel('model.json');",
    `const pictures = tf.zeros([1, ${side}, ${side}, ${channels}]); // bytes / 255`, "const features = model.execute({ pixels: pictures }, 'features');", '```',
  ].join('\n'),
  async files(exported, origin) {
    const graph = describeGraph(exported);
    const { json, weights } = emitTfjs(graph, describeOrigin(exported, origin));
    const libraries = await Promise.all(PACKAGES.map(readLibrary));
    return [
      { name: 'model.json', pieces: [JSON.stringify(json)], what: 'the graph' },
      { name: WEIGHTS_FILE, pieces: weights, what: 'its numbers' },
      ...listPage(exported, graph, origin, libraries),
    ];
  },
};
