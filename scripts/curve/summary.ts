// A label curve from what its runs have answered: a row for each share of the labels. Pure.

import { contenders, type Contender } from './contenders.js';
import { compareRuns, scoreRuns, type Answers, type Difference, type Score } from './statistics.js';

/** What one run came to. */
export interface Finding {
  readonly share: number;
  readonly seed: number;
  readonly contender: Contender;
  /** Labelled items that it was trained on. */
  readonly numLabels: number;
  readonly steps: number;
  readonly answers: Answers;
}

export interface CurveRow {
  readonly share: number;
  readonly numLabels: number;
  readonly perClass: number;
  readonly steps: number;
  readonly scores: Readonly<Record<Contender, Score>>;
  /** How much better the pretrained one is. */
  readonly over: Readonly<Record<Exclude<Contender, 'pretrained'>, Difference>>;
}

/** In the order of the shares. Every seed of a share has all contenders. */
export function summarise(findings: readonly Finding[], numClasses: number): CurveRow[] {
  const shares = [...new Set(findings.map(({ share }) => share))].sort((a, b) => a - b);
  return shares.map((share) => {
    const ofShare = findings.filter((finding) => finding.share === share).sort((a, b) => a.seed - b.seed);
    const runsOf = (contender: Contender): Answers[] => ofShare.filter((finding) => finding.contender === contender).map(({ answers }) => answers);
    const { numLabels, steps } = ofShare[0]!;
    return {
      share, numLabels, perClass: numLabels / numClasses, steps,
      scores: Object.fromEntries(contenders.map((contender) => [contender, scoreRuns(runsOf(contender))])) as Record<Contender, Score>,
      over: { scratch: compareRuns(runsOf('pretrained'), runsOf('scratch')), probe: compareRuns(runsOf('pretrained'), runsOf('probe')) },
    };
  });
}
