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
  /** A row for each class, a column for each class that its items were taken for. */
  readonly confusion: readonly (readonly number[])[];
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
  const confusion = names.map(() => names.map(() => 0));
  for (const { label, guess } of judged) confusion[label]![guess]! += 1;
  const accuracy = judged.filter(({ label, guess }) => label === guess).length / judged.length;
  const bins = binByConfidence(judged);
  const mostConfused = findMostConfused(names, confusion);
  return {
    numItems: judged.length, accuracy, standardError: Math.sqrt((accuracy * (1 - accuracy)) / judged.length),
    calibrationError: bins.reduce((sum, { count, confidence, accuracy }) => sum + (count * Math.abs(confidence - accuracy)) / judged.length, 0),
    meanConfidence: judged.reduce((sum, { confidence }) => sum + confidence / judged.length, 0),
    bins, confusion, classes: names.map((name, label) => scoreClass(name, label, confusion)), ...(mostConfused && { mostConfused }),
  };
}

function scoreClass(name: string, label: number, confusion: readonly (readonly number[])[]): ClassScore {
  const right = confusion[label]![label]!;
  const support = confusion[label]!.reduce((sum, count) => sum + count, 0);
  const taken = confusion.reduce((sum, row) => sum + row[label]!, 0);
  return { name, precision: taken > 0 ? right / taken : null, recall: support > 0 ? right / support : null, support };
}

interface Judged {
  readonly label: number;
  readonly guess: number;
  readonly confidence: number;
}

/** Bins of equal width, each with its upper end. */
function binByConfidence(judged: readonly Judged[]): CalibrationBin[] {
  return Array.from({ length: NUM_BINS }, (_, bin) => judged.filter(({ confidence }) => Math.ceil(confidence * NUM_BINS) - 1 === bin))
    .filter(({ length }) => length > 0)
    .map((within) => ({
      count: within.length,
      confidence: within.reduce((sum, { confidence }) => sum + confidence, 0) / within.length,
      accuracy: within.filter(({ label, guess }) => label === guess).length / within.length,
    }));
}

function findMostConfused(names: readonly string[], confusion: readonly (readonly number[])[]): Classification['mostConfused'] {
  let most: Classification['mostConfused'];
  confusion.forEach((row, label) => row.forEach((count, guess) => {
    if (label !== guess && count > (most?.count ?? 0)) most = { label: names[label]!, guess: names[guess]!, count };
  }));
  return most;
}
