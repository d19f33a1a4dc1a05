// How well classes are told on items that were not trained on: accuracy, what is taken for what, and how far confidence can be believed. Pure.

/** An item of a known class, and the probability of each class that the network gave. */
export interface Answer {
  readonly label: number;
  readonly probabilities: Float64Array;
}

export interface ClassScore {
  readonly name: string;
  /** Share of the items taken for this class that are of it; null where none was. */
  readonly precision: number | null;
  /** Share of the items of this class that were taken for it; null where there is none. */
  readonly recall: number | null;
  /** Items of this class. */
  readonly support: number;
}

/** Items of one class that were taken for one, both as numbers of classes. */
export interface Confused {
  readonly label: number;
  readonly guess: number;
  readonly count: number;
}

/** Items of like confidence. */
export interface CalibrationBin {
  readonly count: number;
  readonly confidence: number;
  readonly accuracy: number;
}

export interface Classification {
  readonly numItems: number;
  readonly accuracy: number;
  readonly standardError: number;
  /** Mean distance of confidence from accuracy over bins of confidence, by their items (Guo, Pleiss, Sun, Weinberger 2017, "On Calibration of Modern Neural Networks"). */
  readonly calibrationError: number;
  readonly meanConfidence: number;
  /** Those with items, from unsure to sure. */
  readonly bins: readonly CalibrationBin[];
  readonly classes: readonly ClassScore[];
  /** How often a class was taken for which, itself too, in the order of classes: a square of all of them would not fit where they are many. */
  readonly confusion: readonly Confused[];
  /** What is mistaken most; absent where nothing is. */
  readonly mostConfused?: { readonly label: string; readonly guess: string; readonly count: number };
}

const NUM_BINS = 15;

/** Of equal probabilities the earlier class is the answer. Undefined without answers. */
export function describeClassification(names: readonly string[], answers: readonly Answer[]): Classification | undefined {
  if (answers.length === 0) return undefined;
  const judged = answers.map(({ label, probabilities }) => {
    const confidence = Math.max(...probabilities);
    return { label, confidence, guess: probabilities.indexOf(confidence) };
  });
  const confusion = countConfused(judged);
  const accuracy = judged.filter(({ label, guess }) => label === guess).length / judged.length;
  const bins = binByConfidence(judged);
  const mostConfused = findMostConfused(names, confusion);
  return {
    numItems: judged.length, accuracy, standardError: Math.sqrt((accuracy * (1 - accuracy)) / judged.length),
    calibrationError: bins.reduce((sum, { count, confidence, accuracy }) => sum + (count * Math.abs(confidence - accuracy)) / judged.length, 0),
    meanConfidence: judged.reduce((sum, { confidence }) => sum + confidence / judged.length, 0),
    bins, confusion, classes: scoreClasses(names, judged), ...(mostConfused && { mostConfused }),
  };
}

function countConfused(judged: readonly Judged[]): Confused[] {
  const confusion: { label: number; guess: number; count: number }[] = [];
  for (const { label, guess } of judged.toSorted((a, b) => a.label - b.label || a.guess - b.guess)) {
    const last = confusion.at(-1);
    if (last?.label === label && last.guess === guess) last.count += 1;
    else confusion.push({ label, guess, count: 1 });
  }
  return confusion;
}

function scoreClasses(names: readonly string[], judged: readonly Judged[]): ClassScore[] {
  const [right, support, taken] = [0, 1, 2].map(() => new Float64Array(names.length)) as [Float64Array, Float64Array, Float64Array];
  for (const { label, guess } of judged) {
    support[label]! += 1;
    taken[guess]! += 1;
    if (label === guess) right[label]! += 1;
  }
  return names.map((name, i) => ({ name, precision: taken[i]! > 0 ? right[i]! / taken[i]! : null, recall: support[i]! > 0 ? right[i]! / support[i]! : null, support: support[i]! }));
}

interface Judged {
  readonly label: number;
  readonly guess: number;
  readonly confidence: number;
}

/** A mean over views may be a little more than 1. */
const binOf = (confidence: number): number => Math.min(NUM_BINS, Math.ceil(confidence * NUM_BINS)) - 1;

/** Bins of equal width, each with its upper end. */
function binByConfidence(judged: readonly Judged[]): CalibrationBin[] {
  return Array.from({ length: NUM_BINS }, (_, bin) => judged.filter(({ confidence }) => binOf(confidence) === bin))
    .filter(({ length }) => length > 0)
    .map((within) => ({
      count: within.length,
      confidence: within.reduce((sum, { confidence }) => sum + confidence, 0) / within.length,
      accuracy: within.filter(({ label, guess }) => label === guess).length / within.length,
    }));
}

/** The first of those that are mistaken equally often. */
function findMostConfused(names: readonly string[], confusion: readonly Confused[]): Classification['mostConfused'] {
  const [most] = confusion.filter(({ label, guess }) => label !== guess).sort((a, b) => b.count - a.count);
  return most && { label: names[most.label]!, guess: names[most.guess]!, count: most.count };
}
