// Which classes: each by itself, of which an item may have several or none. Samples without a label are drawn too and weigh nothing.

import { z } from 'zod';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { denseState, type Dense } from '../../models/layer-state.js';
import { classesOf, mixupOption, smoothingOption } from '../labels/classes.js';
import { classWeightsOption } from '../labels/class-weights.js';
import { bindShown, shownOptions } from '../labels/shown-pictures.js';
import type { DataSizes, Puzzle, TaskInfo, TypedArray } from '../task.js';
import { entropyOf, weighPairs } from './pairs.js';

const options = z.strictObject({ ...shownOptions, smoothing: smoothingOption, mixup: mixupOption, classWeights: classWeightsOption });

export type MultiLabelOptions = z.output<typeof options>;

/** Every class is ranked against every other one. */
const MOST_CLASSES = 1000;

/** What stands for a class of which it is not known whether the item has it. */
export const UNKNOWN = -1;

export const planHead = (channels: number, numClasses: number): Dense => ({ name: 'head/classes', numInputs: channels, numOutputs: numClasses, gain: 0.1 });

function writeClasses(out: TypedArray | undefined, labels: readonly number[] | undefined): void {
  out!.fill(labels ? 0 : UNKNOWN);
  for (const label of labels ?? []) out![label] = 1;
}

function bind(given: MultiLabelOptions, sizes: DataSizes): Puzzle {
  const classes = classesOf('multi-label', sizes);
  if (classes.length > MOST_CLASSES) throw new PretextError('BAD_RECIPE', `data.classes: multi-label ranks classes against each other, expected at most ${MOST_CLASSES} of them, given ${classes.length}.`);
  weighPairs(given.classWeights, sizes);
  const pictures = bindShown(given, sizes);
  const arrays = { picture: pictures.spec, classes: { type: 'int32', shape: [classes.length] } } satisfies Puzzle['arrays'];
  return {
    needs: { media: 'image' },
    arrays,
    terms: ['crossEntropy'],
    chanceLosses: { crossEntropy: given.classWeights === 'balanced' || !sizes.classShares ? Math.LN2 : entropyOf(sizes.classShares) },
    ...(given.mixup > 0 && { incomparable: 'mixup blends each with another picture' }),
    equivariance: 'an item may have several classes, and those do not compete',
    metrics: { rankingPrecision: { better: 'higher', ceiling: 1, ...(sizes.chance?.['rankingPrecision'] !== undefined && { chance: sizes.chance['rankingPrecision'] }) } },
    state: ({ channels }) => denseState(planHead(channels, classes.length)),

    draw({ frames, labels }, random, out) {
      writeClasses(out['classes'], labels);
      return pictures.draw(frames, random, out['picture']);
    },
    drawPlain({ frames, labels }, _random, out) {
      writeClasses(out['classes'], labels);
      return pictures.drawPlain(frames, out['picture']);
    },

    explain(drawn) {
      const has = [...drawn['classes'] as Int32Array];
      const names = classes.filter((_name, number) => has[number] === 1);
      const answer = has[0] === UNKNOWN ? 'no label is shown' : names.length === 0 ? 'of no class' : `of ${names.length === 1 ? 'class' : 'classes'} ${names.join(', ')}`;
      return { answer, shown: { picture: { shape: arrays.picture.shape, values: drawn['picture']! } } };
    },
  };
}

export const multiLabel: TaskInfo<MultiLabelOptions> = { options, paper: 'Read, Pfahringer, Holmes, Frank 2011 name it binary relevance', media: 'image', needsLabels: 'classes', bind };
