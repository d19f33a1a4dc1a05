// From the names and layouts of another library to ours, or not at all: every array of the trunk must be there, of its shape, and every
// array of the file must have a place or a reason to be left out.

import { PretextError } from '../../errors/pretext-error.js';
import { isAllFinite } from '../../tensors/all-finite.js';
import type { NamedArray } from '../../tensors/safetensors.js';
import type { Convention, Counterpart, NamedShape } from './convention.js';
import { findPrefix } from './index.js';
import { invert, permute } from './permute.js';
import { suggestModel, type SuggestedModel } from './suggest-model.js';

export interface ForeignFile {
  /** Names the file in errors. */
  readonly path: string;
  readonly convention: Convention;
  /** Without those that the convention leaves out. */
  readonly arrays: readonly NamedArray[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The trunk that the arrays are for. */
export interface TargetTrunk {
  /** Of the model; left out where they need no check. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly arrays: readonly NamedShape[];
}

const MAX_NAMED = 10;

const listSome = (lines: readonly string[]): string[] => (lines.length > MAX_NAMED ? [...lines.slice(0, MAX_NAMED), `and ${lines.length - MAX_NAMED} more`] : [...lines]);

/** Whether the trunk is of this model already, so that what does not fit is none of the model's options. */
function isOf({ options, arrays }: TargetTrunk, model: SuggestedModel, convention: Convention): boolean {
  const own = suggestModel(convention.counterparts(arrays).map(({ theirs }) => theirs));
  return own?.name === model.name && Object.entries(model.options).every(([key, value]) => options?.[key] === value);
}

function hintFor({ convention, arrays }: ForeignFile, target: TargetTrunk): string {
  const model = suggestModel(arrays);
  if (!model || isOf(target, model, convention)) return `It is of no model that is here: ResNet-18, 34 and 50 and vit are. Names and shapes must be those of ${convention.name}.`;
  const options = Object.entries(model.options).map(([key, value]) => `--set model.options.${key}=${value}`);
  return `The file is of this model: --set model.name=${model.name} ${options.join(' ')}.`;
}

function findMismatches(counterparts: readonly Counterpart[], arrays: readonly NamedArray[]): string[] {
  const shapes = new Map(arrays.map(({ name, shape }) => [name, shape]));
  return counterparts.flatMap(({ ours, theirs }) => {
    const given = shapes.get(theirs.name);
    if (given?.join() === theirs.shape.join()) return [];
    return [`${theirs.name} (${ours.name}): expected [${theirs.shape.join(', ')}], given ${given ? `[${given.join(', ')}]` : 'nothing'}`];
  });
}

function throwOnMisfit(file: ForeignFile, target: TargetTrunk, problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new PretextError('BAD_STATE', [`"${file.path}" has the names of ${file.convention.name}, of another trunk:`, ...listSome(problems)].join('\n  '), { hint: hintFor(file, target) });
}

/** Options that change features and no array. A file that we exported says what it was trained with. */
function throwOnOptions({ path, convention, metadata }: ForeignFile, { options }: TargetTrunk): void {
  if (!options) return;
  for (const { option, value, sameAs } of convention.needs) {
    const expected = metadata[option] ?? value;
    const given = options[option] ?? sameAs;
    if (given !== expected) {
      throw new PretextError('BAD_RECIPE', `model.options.${option}: the weights in "${path}" expect ${expected}, given ${JSON.stringify(given)}.`, {
        hint: `Add --set model.options.${option}=${expected}: without it no feature is what it was.`,
      });
    }
  }
}

const toOurs = ({ ours, axes }: Counterpart, { shape, values }: NamedArray): NamedArray =>
  ({ ...ours, values: axes ? permute(values, shape, invert(axes)) : values });

/** The trunk's arrays by our names. Throws PretextError BAD_STATE with what does not fit, BAD_RECIPE for options that other features come of. */
export function translate(file: ForeignFile, target: TargetTrunk): readonly NamedArray[] {
  const { path, convention } = file;
  const arrays = convention.split?.(file.arrays) ?? file.arrays;
  const counterparts = convention.counterparts(target.arrays);
  const known = new Set(counterparts.map(({ theirs }) => theirs.name));
  const homeless = arrays.filter(({ name }) => !known.has(name)).map(({ name, shape }) => `${name}: [${shape.join(', ')}], which the trunk has no place for`);
  throwOnMisfit(file, target, [...findMismatches(counterparts, arrays), ...homeless]);
  throwOnOptions(file, target);
  const broken = arrays.find(({ values }) => !isAllFinite(values));
  if (broken) throw new PretextError('BAD_STATE', `"${path}" has numbers in "${broken.name}" that are not finite.`, { hint: 'Download it again.' });
  const byName = new Map(arrays.map((array) => [array.name, array]));
  return counterparts.map((counterpart) => toOurs(counterpart, byName.get(counterpart.theirs.name)!));
}

/** Throws BAD_STATE for names of nobody that is known, with those that wrappers changed. */
export function throwOnUnknownNames(path: string, names: readonly string[]): never {
  const prefix = findPrefix(names);
  if (prefix !== undefined) {
    throw new PretextError('BAD_STATE', [`"${path}" has names that begin with "${prefix}", as a wrapper left them:`, ...listSome(names)].join('\n  '), {
      hint: `Save it without: in Python {name.removeprefix("${prefix}"): array for name, array in weights.items() if name.startswith("${prefix}")}.`,
    });
  }
  throw new PretextError('BAD_STATE', [`"${path}" has no array of a trunk, by our names, by torchvision's or by timm's:`, ...listSome(names)].join('\n  '), {
    hint: 'Give a checkpoint of Pretext, or weights of torchvision\'s ResNet-18, 34 or 50 or of a ViT of timm, as safetensors.',
  });
}
