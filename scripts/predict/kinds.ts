// What can be told of files, by the task that was learnt: what is done for it, and how it is said. A new kind is an entry.

import { PretextError } from '../../shared/errors/pretext-error.js';
import { nameTasks, tasksOf } from '../../shared/recipe/tasks.js';
import { writeWhole } from '../../shared/write-whole.js';
import type { OpenedCheckpoint } from '../actions/open-checkpoint.js';
import type { PredictFlags } from '../commands/predict.js';
import { formatLabels, formatLabelsAsCsv, summariseLabels } from '../format/labels.js';
import { formatMasks, summariseMasks } from '../format/masks.js';
import { formatPredictions, formatPredictionsAsCsv, summarisePredictions } from '../format/predictions.js';
import { prepareFile } from '../measure/prepare-file.js';
import { predictClasses } from './classes.js';
import { predictLabels } from './labels.js';
import { predictMasks } from './masks.js';
import type { Predicted, PredictOptions } from './predict-items.js';

type Flags = Pick<PredictFlags, 'out' | 'top' | 'threshold'>;

export interface Told {
  readonly predicted: Predicted<unknown>;
  /** In words, without what could not be used. */
  readonly lines: readonly string[];
}

interface Kind {
  /** Flags that are of this kind. */
  readonly flags: readonly ('top' | 'threshold')[];
  /** Writes its results where that is asked for. */
  tell(opened: OpenedCheckpoint, options: PredictOptions, flags: Flags): Promise<Told>;
}

const TOP = 3;
const THRESHOLD = 0.5;

interface AsTable<Prediction> {
  predict(): Promise<Predicted<Prediction>>;
  rows(predicted: Predicted<Prediction>): Iterable<string>;
  list(predicted: Predicted<Prediction>): string[];
  summarise(predicted: Predicted<Prediction>): string;
}

/** Into a file of comma-separated values, or in words. */
async function tellAsTable<Prediction>(out: string | undefined, { predict, rows, list, summarise }: AsTable<Prediction>): Promise<Told> {
  if (out !== undefined) await prepareFile(out, { endings: ['.csv'] });
  const predicted = await predict();
  if (out !== undefined) await writeWhole(out, rows(predicted));
  return { predicted, lines: out === undefined ? list(predicted) : [summarise(predicted)] };
}

export const kinds = {
  classify: {
    flags: ['top'],
    tell: (opened, options, { out, top = TOP }) => tellAsTable(out, {
      predict: () => predictClasses(opened, { ...options, top }),
      rows: ({ predictions, classes }) => formatPredictionsAsCsv(predictions, Math.min(top, classes.length)),
      list: formatPredictions, summarise: summarisePredictions,
    }),
  },
  'multi-label': {
    flags: ['threshold'],
    tell: (opened, options, { out, threshold = THRESHOLD }) => tellAsTable(out, {
      predict: () => predictLabels(opened, { ...options, threshold }),
      rows: formatLabelsAsCsv, list: formatLabels, summarise: summariseLabels,
    }),
  },
  segment: {
    flags: [],
    async tell(opened, options, { out }) {
      const predicted = await predictMasks(opened, { ...options, out });
      return { predicted, lines: out === undefined ? formatMasks(predicted) : [summariseMasks(predicted)] };
    },
  },
} satisfies Record<string, Kind>;

export type KindName = keyof typeof kinds;

const names = Object.keys(kinds) as KindName[];

/** Throws PretextError as predictItems does, BAD_STATE where nothing can be told, BAD_ARGUMENT for flags of another kind and for an `out` that cannot be, DISK_FULL. */
export async function tellItems(opened: OpenedCheckpoint, options: PredictOptions, flags: Flags): Promise<Told> {
  const name = names.find((each) => tasksOf(opened.recipe).some((task) => task.name === each)) ?? throwWithoutHead(opened);
  const kind: Kind = kinds[name];
  for (const flag of ['top', 'threshold'] as const) {
    if (flags[flag] === undefined || kind.flags.includes(flag)) continue;
    throw new PretextError('BAD_ARGUMENT', `--${flag}: expected a checkpoint of ${names.find((each) => (kinds[each] as Kind).flags.includes(flag))!}, given one of ${name}.`, { hint: 'Leave it out.' });
  }
  return kind.tell(opened, options, flags);
}

function throwWithoutHead({ path, recipe, convention }: OpenedCheckpoint): never {
  throw new PretextError('BAD_STATE', `"${path}" cannot tell classes: expected a checkpoint of ${names.slice(0, -1).join(', ')} or ${names.at(-1)!}, given ${convention === undefined ? `one of ${nameTasks(recipe)}` : `weights of ${convention}`}.`, {
    hint: 'Teach it classes first: pretext finetune --init FILE --data DIR, with files in folders by class.',
  });
}
