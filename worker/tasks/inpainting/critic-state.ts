// The network that tells filled holes from real ones, where inpainting has an adversarial term: its state. Loads no tensor library;
// critic.ts computes.

import type { StateSpec } from '../../../shared/state/spec.js';
import { convolutionState, denseState, trainedBy, type Convolution, type Dense } from '../../models/layer-state.js';

/** Whose losses train it. */
export const CRITIC = 'critic';

const NUM_LAYERS = 3;

export interface CriticPlan {
  readonly convolutions: readonly Convolution[];
  /** From channels averaged over places to one logit: is it real? */
  readonly verdict: Dense;
}

/** Convolutions of stride 2 over pictures of so many numbers a pixel; `width` channels first, then twice as many each. */
export function planCritic(width: number, channels: number): CriticPlan {
  const widthOf = (layer: number): number => (layer < 0 ? channels : width * 2 ** layer);
  return {
    convolutions: Array.from({ length: NUM_LAYERS }, (_, i): Convolution => ({
      name: `head/critic/conv${i + 1}`, size: 3, stride: 2, channelsIn: widthOf(i - 1), channelsOut: widthOf(i), norm: 'group', relu: true,
    })),
    verdict: { name: 'head/critic/verdict', numInputs: widthOf(NUM_LAYERS - 1), numOutputs: 1, gain: 0.1 },
  };
}

export function criticState(width: number, channels: number): StateSpec[] {
  const { convolutions, verdict } = planCritic(width, channels);
  return trainedBy(CRITIC, [...convolutions.flatMap(convolutionState), ...denseState(verdict)]);
}
