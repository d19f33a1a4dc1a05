// What goes with every export: a model card for people and the same facts for programs.

import type { ModelShape } from '../models/model.js';
import { modelShapes, type ModelName } from '../models/shapes.js';
import type { Answers, Exported, ExportedFile, ExportFormat, Origin } from './exported.js';
import { nameTasks } from '../../shared/recipe/tasks.js';

interface OutputFact {
  readonly name: string;
  readonly what: string;
  readonly channels: number;
  /** Of a map. */
  readonly side?: number;
}

export interface Facts {
  readonly format: string;
  readonly model: Exported['model'];
  readonly input: {
    readonly side: number; readonly channels: number; readonly shortSide: number; readonly mean: readonly number[]; readonly deviation: readonly number[];
    /** What the numbers of the input are; those of the weights are normalised by their user. */
    readonly range: readonly [number, number]; readonly normalisedInside: boolean; readonly layout: string; readonly name?: string;
  };
  readonly outputs: readonly OutputFact[];
  readonly labels: readonly string[] | null;
  /** Whether one label is the answer, or any number of them. */
  readonly answers: Answers | null;
  readonly licence: null;
  readonly provenance: {
    readonly run: string; readonly stage: number; readonly step: number; readonly steps: number; readonly recipe: string; readonly data: string; readonly tasks: string; readonly seed: number;
    /** The weights that the run began from, by their file. */
    readonly init: { readonly from: string; readonly sha256: string | null } | null;
  } | null;
  /** The library whose weights these are, where no run made them. */
  readonly weightsOf: string | null;
}

function listOutputs({ model: { name, options }, side, classes, answers }: Exported): OutputFact[] {
  const stages = (modelShapes[name as ModelName] as ModelShape).stages(options);
  return [
    ...stages.map(({ name: stage, channels, stride }) => ({ name: stage, what: 'map of a stage', channels, side: Math.ceil(side / stride) })),
    { name: 'features', what: 'the last map averaged over its places', channels: stages.at(-1)!.channels },
    ...(classes ? [{ name: 'logits', what: answers === 'several' ? 'one number a label, each above 0 is an answer' : 'one number a label, the largest is the answer', channels: classes.length }] : []),
  ];
}

export function listFacts(formatName: string, format: ExportFormat, exported: Exported, { provenance, shortSide, convention }: Origin): Facts {
  const { side, pixels: { channels, mean, deviation }, classes, model } = exported;
  const { run, stage, step, recipeHash, dataHash, recipe } = provenance;
  const { init } = recipe;
  return {
    format: formatName, model,
    input: { side, channels, shortSide, mean, deviation, range: [0, 1], normalisedInside: format.input !== undefined, layout: format.input?.layout ?? 'NCHW', ...(format.input && { name: format.input.name }) },
    outputs: listOutputs(exported), labels: classes ?? null, answers: classes ? exported.answers ?? 'one' : null, licence: null,
    weightsOf: convention ?? null,
    provenance: convention !== undefined ? null : {
      run, stage, step, steps: recipe.steps, recipe: recipeHash, data: dataHash, tasks: nameTasks(recipe), seed: recipe.seed,
      init: init && init.from !== 'seed' ? { from: init.from, sha256: init.sha256 ?? null } : null,
    },
  };
}

const numbers = (list: readonly number[]): string => list.map((each) => String(Number(each.toPrecision(6)))).join(', ');

function describeInput({ input }: Facts): string {
  const { side, channels, shortSide, mean, deviation, normalisedInside, layout, name } = input;
  const colours = channels === 3 ? 'red, green, blue' : channels === 1 ? 'grey' : `${channels} bands`;
  const shape = layout === 'NCHW' ? `[batch, ${channels}, ${side}, ${side}]` : `[batch, ${side}, ${side}, ${channels}]`;
  return [
    `1. Scale the picture upright, so that its shorter side has ${shortSide} pixels (by cubic interpolation), and take the ${side} x ${side} pixels in its middle.`,
    `2. Numbers are byte / 255, 0 to 1: ${colours}.`,
    normalisedInside
      ? `3. Nothing else: the model itself subtracts the mean (${numbers(mean)}) and divides by the deviation (${numbers(deviation)}).`
      : `3. Subtract the mean (${numbers(mean)}) and divide by the deviation (${numbers(deviation)}) of each channel.`,
    ...(name === undefined ? [] : [`4. The input is \`${name}\`, float32 ${shape}.`]),
  ].join('\n');
}

function describeOutputs({ outputs, labels }: Facts): string {
  const rows = outputs.map(({ name, what, channels, side }) => `| \`${name}\` | ${what} | ${channels}${side === undefined ? '' : ` channels, ${side} x ${side} places`} |`);
  const table = ['| output | what | numbers |', '| --- | --- | --- |', ...rows].join('\n');
  return labels === null ? table : `${table}\n\nLabels, in the order of \`logits\`: ${labels.map((label) => `\`${label}\``).join(', ')}.`;
}

function describeOrigin({ provenance, weightsOf }: Facts): string {
  if (!provenance) return `Pretext did not train it: its numbers are weights of ${weightsOf!}, whose licence holds for it.`;
  const { run, stage, step, steps, recipe, data, tasks, seed, init } = provenance;
  return [
    `Trained by Pretext on the task ${tasks}: run \`${run}\`, stage ${stage}, step ${step} of ${steps}, seed ${seed}.`,
    `Recipe \`${recipe}\`, data \`${data}\` (SHA-256 of the recipe and of the list of files).`,
    init === null ? 'It began from random values.' : init.from === 'stage' ? 'It began from the stage before it.' : `It began from \`${init.from}\`${init.sha256 === null ? '' : ` (SHA-256 \`${init.sha256}\`)`}, whose licence holds for it too.`,
  ].join(' ');
}

const LICENCE = [
  'Not said yet: whoever trained the weights fills this in, with the licences of the data that they were trained on and of the weights that they began from.',
  'The licence of Pretext itself says nothing about weights.',
].join(' ');

/** The model card, as Markdown. */
export function writeCard(facts: Facts, { format, usage, files }: { readonly format: ExportFormat; readonly usage: string; readonly files: readonly ExportedFile[] }): string {
  const { model: { name, options } } = facts;
  return `# ${name}, ${facts.provenance ? `trained on ${facts.provenance.tasks}` : `weights of ${facts.weightsOf!}`}

A trunk of ${name} (${Object.entries(options).map(([key, value]) => `${key} ${String(value)}`).join(', ')}) as ${format.what}.

| file | what |
| --- | --- |
${files.map(({ name: file, what }) => `| \`${file}\` | ${what} |`).join('\n')}
| \`export.json\` | what this card says, for programs |

## Use

${usage}

## Input

${describeInput(facts)}

## Output

${describeOutputs(facts)}

## Where it comes from

${describeOrigin(facts)}

How good it is was not measured by the export; \`pretext evaluate\` does that.

## Licence

${LICENCE}
`;
}
