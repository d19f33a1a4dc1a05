// An ONNX file: the trunk with every stage as an output.

import { describeGraph } from '../describe/index.js';
import { describeOrigin, type ExportFormat } from '../exported.js';
import { INPUT } from '../graph.js';
import { emitOnnx } from '../onnx/emit.js';

export const onnx: ExportFormat = {
  what: 'an ONNX model (opset 17)',
  input: { layout: 'NCHW', name: INPUT },
  usage: ({ side, pixels: { channels } }) => [
    '```python', 'import numpy, onnxruntime', 'session = onnxruntime.InferenceSession("model.onnx")',
    `pictures = numpy.zeros((1, ${channels}, ${side}, ${side}), "float32")  # bytes / 255`,
    'outputs = dict(zip((output.name for output in session.get_outputs()), session.run(None, {"pixels": pictures})))', '```',
  ].join('\n'),
  files: (exported, origin) => [{ name: 'model.onnx', pieces: emitOnnx(describeGraph(exported), describeOrigin(exported, origin)), what: 'the trunk with its numbers' }],
};
