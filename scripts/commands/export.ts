// `pretext export`: a trunk for other programs, with what they need to know of it.

import { Option, type Command } from 'commander';
import { describeExits } from './exit-codes.js';
import { jsonOption } from './options.js';

/** Named here, so that the help loads no exporter. The action's registry has the same names. */
export const exportFormatNames = ['safetensors', 'torchvision', 'timm', 'onnx', 'tfjs'] as const;

export interface ExportFlags {
  readonly format: (typeof exportFormatNames)[number];
  readonly out: string;
  readonly checkpoint?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Formats:
  safetensors  by our names, with the recipe: for pretext on another machine
  torchvision  by the names of torchvision's ResNet-18, 34 and 50, with a load.py that loads them strictly
  timm         by the names of timm's ViTs, likewise
  onnx         a graph (opset 17), every stage an output, pictures normalised inside
  tfjs         the same for TensorFlow.js, with a page that runs it on a picture
Beside it lie a model card (README.md) and the same for programs (export.json). docs/weights.md says more.

Examples:
  pretext export runs/2026-11-23-183005 --format onnx --out trunk-onnx
  pretext export checkpoint.safetensors --format torchvision --out trunk-torch
  pretext export runs/2026-11-23-183005 --format tfjs --out page
`;

export function addExportCommand(program: Command): void {
  program
    .command('export')
    .argument('<run>', "the run's folder, or the file of a checkpoint")
    .description('write a trunk for other programs')
    .addOption(new Option('--format <format>', 'what to write').choices(exportFormatNames).makeOptionMandatory())
    .requiredOption('--out <dir>', 'folder that is made for it')
    .option('--checkpoint <file>', 'which checkpoint of the run (default: the newest)')
    .addOption(jsonOption('what was written'))
    .addHelpText('after', EXAMPLES + describeExits(['done', 'failed', 'usage', 'unfit', 'machine', 'refused', 'stopped']))
    .action(async (run: string, flags: ExportFlags) => {
      const { exportTrunk } = await import('../actions/export.js');
      await exportTrunk(run, flags);
    });
}
