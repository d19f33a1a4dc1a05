// What is exported: a trunk with its numbers, how pictures become its input, and where it comes from.

import type { Provenance } from '../../shared/checkpoint/provenance.js';
import type { NamedArray } from '../../shared/tensors/safetensors.js';
import { planHead as planOne } from '../tasks/classify/puzzle.js';
import { planHead as planSeveral } from '../tasks/multi-label/puzzle.js';
import type { Pixels } from '../pixels.js';

export interface Exported {
  readonly model: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
  readonly side: number;
  readonly pixels: Pixels;
  /** Of the trunk, and of the head. */
  readonly arrays: readonly NamedArray[];
  /** Where the head tells them. */
  readonly classes?: readonly string[];
  /** Whether one of the classes is the answer, or any number of them. Default one. */
  readonly answers?: Answers;
}

export type Answers = 'one' | 'several';

/** The layer over the trunk's averaged features that tells classes, by what it answers: that of classify, and that of multi-label. */
export const HEADS: Readonly<Record<Answers, string>> = { one: planOne(1, 1).name, several: planSeveral(1, 1).name };

/** With what is said of it. */
export interface Origin {
  readonly provenance: Provenance;
  /** Of the checkpoint's file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The library whose weights these are, where no run made them. */
  readonly convention?: string;
  /** Shorter side of pictures before their middle is taken, in pixels. */
  readonly shortSide: number;
}

/** What a graph carries of where it comes from, and the names of its classes. */
export const describeOrigin = ({ classes }: Exported, { metadata: { run = '', step = '', recipe = '', data = '' } }: Origin): Readonly<Record<string, string>> =>
  ({ run, step, recipe, data, ...(classes && { labels: JSON.stringify(classes) }) });

/** A file of an export. */
export interface ExportedFile {
  readonly name: string;
  readonly pieces: Iterable<string | Uint8Array>;
  /** What it is, in a few words without an end. */
  readonly what: string;
}

/** How a format has its input. */
export type InputLayout = 'NCHW' | 'NHWC';

export interface ExportFormat {
  readonly what: string;
  /** Undefined where the file leaves preprocessing to its user. */
  readonly input?: { readonly layout: InputLayout; readonly name: string };
  /** Lines of Markdown that show its use. */
  usage(exported: Exported, origin: Origin): string;
  /** Throws PretextError BAD_ARGUMENT for a trunk that the format cannot hold as it is. */
  files(exported: Exported, origin: Origin): readonly ExportedFile[] | Promise<readonly ExportedFile[]>;
}
