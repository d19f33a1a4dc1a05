// What the head is made of: a small ConvNet for sound, and two projections into one space. Loads no tensor library.

import type { StateSpec } from '../../../shared/state/spec.js';
import { convolutionState, denseState, vector, type Convolution, type Dense } from '../../models/layer-state.js';

export interface HeadOptions {
  readonly soundWidth: number;
  readonly soundStages: number;
  readonly embedding: number;
}

export interface HeadPlan {
  /** Each halves moments and bands. */
  readonly convolutions: readonly Convolution[];
  /** From what is left of the bands, averaged over moments: where a band lies is its pitch. */
  readonly sound: Dense;
  /** From the trunk's channels, averaged over places. */
  readonly picture: Dense;
}

export const MATCH_SCALE = 'head/match/scale';
export const MATCH_SHIFT = 'head/match/shift';

/** Steepness of the first answers: a cosine within -1..1 alone could never be sure of one. */
const FIRST_SCALE = 5;

export function planHead({ soundWidth, soundStages, embedding }: HeadOptions, bands: number, channels: number): HeadPlan {
  const widths = Array.from({ length: soundStages }, (_, stage) => soundWidth * 2 ** stage);
  const convolutions = widths.map((channelsOut, stage): Convolution => ({
    name: `head/sound/conv${stage + 1}`, size: 3, stride: 2, channelsIn: widths[stage - 1] ?? 1, channelsOut, norm: 'group', relu: true,
  }));
  const bandsLeft = Math.ceil(bands / 2 ** soundStages);
  return {
    convolutions,
    sound: { name: 'head/sound/embedding', numInputs: bandsLeft * widths.at(-1)!, numOutputs: embedding },
    picture: { name: 'head/picture/embedding', numInputs: channels, numOutputs: embedding },
  };
}

export function headState({ convolutions, sound, picture }: HeadPlan): StateSpec[] {
  return [
    ...convolutions.flatMap(convolutionState), ...denseState(sound), ...denseState(picture),
    vector(MATCH_SCALE, 1, FIRST_SCALE), vector(MATCH_SHIFT, 1, 0),
  ];
}
