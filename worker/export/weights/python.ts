// What is beside weights by the names of another library: a short program in Python that builds the model, loads them strictly and shows how
// pictures become its input.

import { encodeSafetensors, type NamedArray } from '../../../shared/tensors/safetensors.js';
import type { Exported, ExportedFile, Origin } from '../exported.js';

export interface PythonModel {
  readonly imports: string;
  /** Lines that make `model`, indented by four. */
  readonly build: readonly string[];
  /** Lines of functions that they call. */
  readonly helpers?: string;
  /** An expression of `model` and `pictures` that gives features, [N, C]. */
  readonly features: string;
}

/** Of those that make `model`, the line after which it has the weights. */
export const LOAD_WEIGHTS = 'model.load_state_dict(load_file(str(Path(__file__).with_name("model.safetensors"))), strict=True)';

export interface PythonExport {
  readonly arrays: readonly NamedArray[];
  /** Of the file of weights, besides what it has of its origin. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What the weights are, in a few words. */
  readonly what: string;
  readonly python: PythonModel;
}

export const listPythonFiles = ({ arrays, metadata, what, python }: PythonExport, exported: Exported, origin: Origin): ExportedFile[] => [
  { name: 'model.safetensors', pieces: encodeSafetensors(arrays, { ...origin.metadata, format: 'pt', ...metadata }), what },
  { name: 'load.py', pieces: [writePython(python, exported, origin)], what: 'builds the model and loads them' },
];

/** Lines of Markdown. `needs`: the packages of Python. */
export const showPythonUse = (needs: string): string => [
  '```python', 'from load import build, features, preprocess  # load.py beside this file', 'model = build()', '```', '',
  `\`load.py\` builds the model and loads \`model.safetensors\` with \`strict=True\`. It needs ${needs}.`,
].join('\n');

const list = (numbers: readonly number[]): string => `[${numbers.join(', ')}]`;

function writePython({ imports, build, helpers, features }: PythonModel, { side, pixels }: Exported, { shortSide }: Origin): string {
  return `# Loads the weights beside this file, strictly. \`python load.py PICTURE...\` prints the beginning of the features of each picture.
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
${imports}

SIDE = ${side}
SHORT_SIDE = ${shortSide}
MEAN = ${list(pixels.mean)}
DEVIATION = ${list(pixels.deviation)}
${helpers === undefined ? '' : `\n\n${helpers}`}

def build():
${build.map((line) => `    ${line}`).join('\n')}
    return model.eval()


def preprocess(picture):
    """A PIL picture as numbers, [${pixels.channels}, ${side}, ${side}]: its middle, scaled, 0..1, then of mean 0 and deviation 1."""
${pixels.channels === 1 || pixels.channels === 3 ? '' : '    # Only red, green, blue or grey come out of a PIL picture: give the bands of your own.\n    raise NotImplementedError\n'}    from PIL import ImageOps
    from torchvision.transforms import functional
    scaled = functional.resize(ImageOps.exif_transpose(picture).convert("${pixels.channels === 1 ? 'L' : 'RGB'}"), SHORT_SIDE, functional.InterpolationMode.BICUBIC)
    return functional.normalize(functional.to_tensor(functional.center_crop(scaled, [SIDE, SIDE])), MEAN, DEVIATION)


def features(model, pictures):
    """From numbers as preprocess gives them, [N, ${pixels.channels}, ${side}, ${side}], to the last feature map averaged over places."""
    with torch.no_grad():
        return ${features}


if __name__ == "__main__":
    from PIL import Image
    model = build()
    for name in sys.argv[1:]:
        print(name, features(model, preprocess(Image.open(name)).unsqueeze(0))[0, :8].tolist())
`;
}

/** Windows of stride 2 as they were in training, where that was not PyTorch's way. */
export const PAD_AS_TRAINED = `def pad(module, inputs):
    size, stride = module.kernel_size, module.stride
    size, stride = (each if isinstance(each, int) else each[0] for each in (size, stride))
    side = inputs[0].shape[-1]
    total = max((-(-side // stride) - 1) * stride + size - side, 0)
    return torch.nn.functional.pad(inputs[0], (total // 2, total - total // 2) * 2)


def pad_as_trained(model):
    """Trained with the padding of TensorFlow, which has the larger half behind."""
    for module in model.modules():
        if isinstance(module, (torch.nn.Conv2d, torch.nn.MaxPool2d)):
            stride = module.stride if isinstance(module.stride, int) else module.stride[0]
            if stride == 2:
                module.padding = 0 if isinstance(module, torch.nn.MaxPool2d) else (0, 0)
                module.register_forward_pre_hook(pad)`;
