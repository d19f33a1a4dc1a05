// Which class: learning from labels. Samples without one are drawn too and weigh nothing: consistency learns from them (Xie, Dai, Hovy, Luong, Le
// 2020, "Unsupervised Data Augmentation for Consistency Training"), and so may other tasks.

import { z } from 'zod';
import { denseState, type Dense } from '../../models/layer-state.js';
import { classesOf, mixupOption, smoothingOption } from '../labels/classes.js';
import { classWeightsOption, weighClasses } from '../labels/class-weights.js';
import { bindShown, shownOptions } from '../labels/shown-pictures.js';
import { setNumber, type DataSizes, type Puzzle, type TaskInfo } from '../task.js';

const options = z.strictObject({
  ...shownOptions,
  smoothing: smoothingOption,
  mixup: mixupOption,
  classWeights: classWeightsOption,
  annealing: z.enum(['none', 'log', 'linear', 'exp']).default('none').describe(
    'Leave out samples whose class is surer than a bound that rises from chance to 1 over the stage, at first fast (log), evenly, or late (exp, for few labels).'),
});

export type ClassifyOptions = z.output<typeof options>;

/** What stands for a class that is not known. */
export const UNLABELLED = -1;

/** From the trunk's channels, averaged over places, to the classes. */
export const planHead = (channels: number, numClasses: number): Dense => ({ name: 'head/class', numInputs: channels, numOutputs: numClasses, gain: 0.1 });

function bind(given: ClassifyOptions, sizes: DataSizes): Puzzle {
  const classes = classesOf('classify', sizes);
  weighClasses(given.classWeights, sizes);
  const pictures = bindShown(given, sizes);
  const all = classes.map((_name, number) => number);
  const arrays = { picture: pictures.spec, class: { type: 'int32', shape: [1] } } satisfies Puzzle['arrays'];
  return {
    needs: { media: 'image' },
    arrays,
    terms: ['crossEntropy'],
    chanceLosses: { crossEntropy: Math.log(all.length) },
    ...(given.mixup > 0 && { incomparable: 'mixup blends each with another picture' }),
    equivariance: { class: () => all },
    metrics: { accuracy: { better: 'higher', chance: sizes.chance?.['accuracy'] ?? 1 / all.length, ceiling: 1 } },
    state: ({ channels }) => denseState(planHead(channels, all.length)),

    draw({ frames, label = UNLABELLED }, random, out) {
      setNumber(out['class'], label);
      return pictures.draw(frames, random, out['picture']);
    },
    drawPlain({ frames, label = UNLABELLED }, _random, out) {
      setNumber(out['class'], label);
      return pictures.drawPlain(frames, out['picture']);
    },

    explain(drawn) {
      const [number] = drawn['class'] as Int32Array;
      return { answer: number === UNLABELLED ? 'no label is shown' : classes[number!]!, shown: { picture: { shape: arrays.picture.shape, values: drawn['picture']! } } };
    },
  };
}

export const classify: TaskInfo<ClassifyOptions> = { options, paper: 'Xie, Dai, Hovy, Luong, Le 2020, for few labels', media: 'image', needsLabels: 'class', bind };
