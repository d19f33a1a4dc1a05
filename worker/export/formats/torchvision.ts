// Weights by the names of torchvision's ResNets. Our kernels are standardised before they are written, where the trunk standardises them,
// and windows that were padded as TensorFlow pads stay so by a few lines of Python: the features are the same.

import { conventions } from '../../../shared/checkpoint/foreign/index.js';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { resnetOptions, type ResnetOptions } from '../../models/resnet/plan.js';
import type { Exported, ExportFormat, Origin } from '../exported.js';
import { listPythonFiles, LOAD_WEIGHTS, PAD_AS_TRAINED, showPythonUse, type PythonModel } from '../weights/python.js';
import { standardiseAll, toTheirs } from '../weights/to-theirs.js';

const WIDTH = 64;

function readOptions({ model: { name, options } }: Exported): ResnetOptions {
  if (!name.startsWith('resnet')) {
    throw new PretextError('BAD_ARGUMENT', `--format: torchvision has no counterpart of the model ${name}, expected resnet18, resnet34 or resnet50.`, {
      hint: name === 'vit' ? 'Use --format timm.' : 'Use --format safetensors, onnx or tfjs.',
    });
  }
  const read = resnetOptions.parse(options);
  if (read.width === WIDTH) return read;
  throw new PretextError('BAD_ARGUMENT', `--format: torchvision's ResNets have a width of ${WIDTH}, this one of ${read.width}.`, { hint: 'Use --format safetensors, onnx or tfjs.' });
}

function planPython({ model: { name }, pixels: { channels }, classes }: Exported, { norm, stem, padding }: ResnetOptions): PythonModel {
  const isSmall = stem === 'small';
  const [size, stride, around] = isSmall ? [3, 1, 1] : [7, 2, 3];
  const norms = norm === 'group' ? 'norm_layer=lambda channels: torch.nn.GroupNorm(channels // 16 if channels % 16 == 0 else 1, channels)' : '';
  const isPadded = padding !== 'torch';
  return {
    imports: 'import torchvision',
    build: [
      `model = torchvision.models.${name}(${norms})`,
      ...(isSmall || channels !== 3 ? [`model.conv1 = torch.nn.Conv2d(${channels}, ${WIDTH}, ${size}, ${stride}, ${around}, bias=False)`] : []),
      ...(isSmall ? ['model.maxpool = torch.nn.Identity()'] : []),
      classes ? `model.fc = torch.nn.Linear(model.fc.in_features, ${classes.length})` : 'model.fc = torch.nn.Identity()',
      LOAD_WEIGHTS,
      ...(isPadded ? ['pad_as_trained(model)'] : []),
    ],
    ...(isPadded && { helpers: PAD_AS_TRAINED }),
    features: 'torch.nn.Sequential(*list(model.children())[:-1])(pictures).flatten(1)',
  };
}

export const torchvision: ExportFormat = {
  what: 'weights by the names of torchvision',
  usage: () => showPythonUse('torch, torchvision and safetensors'),
  files(exported: Exported, origin: Origin) {
    const options = readOptions(exported);
    const arrays = toTheirs(options.norm === 'group' ? standardiseAll(exported) : exported, conventions.torchvision, 'fc');
    return listPythonFiles({ arrays, metadata: { padding: options.padding ?? 'same' }, what: `weights of torchvision's ${exported.model.name}`, python: planPython(exported, options) }, exported, origin);
  },
};
