// The formats that a trunk can be exported as.

import type { ExportFormat } from '../exported.js';
import { onnx } from './onnx.js';
import { safetensors } from './safetensors.js';
import { tfjs } from './tfjs.js';
import { timm } from './timm.js';
import { torchvision } from './torchvision.js';

export const exportFormats = { safetensors, torchvision, timm, onnx, tfjs } satisfies Record<string, ExportFormat>;

export type ExportFormatName = keyof typeof exportFormats;
