// Classes of items by a checkpoint that has learnt classes.

import type { RejectedItem } from '../../shared/datasets/dataset.js';
import { PretextError } from '../../shared/errors/pretext-error.js';
import { nameTasks } from '../../shared/recipe/tasks.js';
import { backends, chooseBackend } from '../../worker/backends/index.js';
import { createClassifier, findClassify, type Classifier } from '../../worker/evaluate/classifier.js';
import { openCheckpoint, type OpenedCheckpoint } from '../actions/open-checkpoint.js';
import { findFiles, type NamedItems } from '../measure/find-files.js';
import { loadParts } from '../measure/load-parts.js';
import { openItems } from '../measure/open-items.js';

export interface PredictOptions {
  /** The run's folder, or the file of a checkpoint. */
  readonly from: string;
  /** Folders and files. */
  readonly paths: readonly string[];
  /** Classes that are named of each item. */
  readonly top: number;
  readonly backend: string;
  readonly signal: AbortSignal;
  readonly onProgress?: ((what: string) => void) | undefined;
}

export interface Guess {
  readonly label: string;
  /** Its probability, 0..1. */
  readonly confidence: number;
}

export interface Prediction {
  readonly path: string;
  /** The most probable first. */
  readonly top: readonly Guess[];
}

export interface Predicted {
  readonly checkpoint: string;
  readonly classes: readonly string[];
  /** In the order of the arguments, and of the listing of each folder. */
  readonly predictions: readonly Prediction[];
  readonly unusable: readonly RejectedItem[];
}

/** Throws PretextError as openCheckpoint, findFiles and openItems do, BAD_STATE where no classes were learnt. */
export async function predictItems({ from, paths, backend, ...options }: PredictOptions): Promise<Predicted> {
  const opened = await openCheckpoint(from);
  const { path, recipe } = opened;
  if (!findClassify(recipe)) throwWithoutHead(opened);
  const { parts, values } = await loadParts(opened);
  const found = await findFiles(opened, paths, options.signal);
  const started = await backends[await chooseBackend(backend)].start();
  try {
    const classifier = createClassifier(recipe, parts, values)!;
    try {
      return { checkpoint: path, classes: classifier.classes, ...(await classifyAll(classifier, found, { ...options, framesPerItem: recipe.evaluate.framesPerVideo })) };
    } finally {
      classifier.dispose();
    }
  } finally {
    await started.dispose();
  }
}

interface ClassifyOptions extends Pick<PredictOptions, 'top' | 'signal' | 'onProgress'> {
  readonly framesPerItem: number;
}

async function classifyAll(classifier: Classifier, { data, items, rejected, nameOf }: NamedItems, { top, framesPerItem, signal, onProgress }: ClassifyOptions): Promise<Pick<Predicted, 'predictions' | 'unusable'>> {
  const unusable = [...rejected];
  const predictions: Prediction[] = [];
  const names = new Map(items.map((item) => [item.path, nameOf(item)]));
  const onUnusable = (file: RejectedItem): void => { unusable.push({ ...file, path: names.get(file.path)! }); };
  for await (const { item, media: { frames } } of openItems(items, { data, signal, onProgress, onUnusable })) {
    predictions.push({ path: nameOf(item), top: rank(classifier.classes, await classifier.classify(frames, framesPerItem)).slice(0, top) });
  }
  return { predictions, unusable };
}

/** The most probable first; of equal ones the earlier class. */
function rank(classes: readonly string[], probabilities: Float64Array): Guess[] {
  return classes.map((label, k) => ({ label, confidence: probabilities[k]!, k })).sort((a, b) => b.confidence - a.confidence || a.k - b.k)
    .map(({ label, confidence }) => ({ label, confidence }));
}

function throwWithoutHead({ path, recipe, convention }: OpenedCheckpoint): never {
  throw new PretextError('BAD_STATE', `"${path}" cannot tell classes: expected a checkpoint of classify, given ${convention === undefined ? `one of ${nameTasks(recipe)}` : `weights of ${convention}`}.`, {
    hint: 'Teach it classes first: pretext finetune --init FILE --data DIR, with files in folders by class.',
  });
}
