// Weights by the names of timm's vision transformers. Positions that are not learnt are written too: to timm they are numbers as others.

import { conventions } from '../../../shared/checkpoint/foreign/index.js';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { positionsOf } from '../../models/positions.js';
import { POSITIONS, vit, type VitOptions } from '../../models/vit/shape.js';
import type { Exported, ExportFormat, Origin } from '../exported.js';
import { listPythonFiles, LOAD_WEIGHTS, showPythonUse } from '../weights/python.js';
import { toTheirs } from '../weights/to-theirs.js';

function readOptions({ model: { name, options } }: Exported): VitOptions {
  if (name === 'vit') return vit.options.parse(options);
  throw new PretextError('BAD_ARGUMENT', `--format: of timm's models only ViTs are written, given ${name}.`, {
    hint: name === 'convnet' ? 'Use --format safetensors, onnx or tfjs.' : 'Use --format torchvision: timm calls the arrays of its ResNets by the same names.',
  });
}

function placeAll(exported: Exported, { patch, width, learntGrid }: VitOptions): Exported {
  if (learntGrid !== undefined) return exported;
  const grid = exported.side / patch;
  return { ...exported, arrays: [...exported.arrays, { name: POSITIONS, shape: [grid ** 2, width], values: positionsOf(grid, width) }] };
}

const listArguments = ({ side, pixels, classes }: Exported, { patch, width, depth, heads, classToken = false, gelu }: VitOptions): string[] => [
  `img_size=${side}, patch_size=${patch}, in_chans=${pixels.channels}, num_classes=${classes?.length ?? 0},`,
  `embed_dim=${width}, depth=${depth}, num_heads=${heads}, class_token=${classToken ? 'True' : 'False'},`,
  `global_pool="avg", fc_norm=False, act_layer="${gelu === 'exact' ? 'gelu' : 'quick_gelu'}",`,
];

export const timm: ExportFormat = {
  what: 'weights by the names of timm',
  usage: () => showPythonUse('torch, torchvision, timm and safetensors'),
  files(exported: Exported, origin: Origin) {
    const options = readOptions(exported);
    const arrays = toTheirs(placeAll(exported, options), conventions.timm, 'head');
    const python = {
      imports: 'from timm.models.vision_transformer import VisionTransformer',
      build: [
        'model = VisionTransformer(',
        ...listArguments(exported, options).map((line) => `    ${line}`),
        ')',
        LOAD_WEIGHTS,
      ],
      features: `model.forward_features(pictures)[:, ${options.classToken ? 1 : 0}:].mean(1)`,
    };
    return listPythonFiles({ arrays, metadata: { gelu: options.gelu ?? 'quick' }, what: "weights of a ViT of timm's", python }, exported, origin);
  },
};
