// The layers that mend damaged features on their way through a decoder: their state. Loads no tensor library; repair.ts computes.

import type { StateSpec } from '../../../shared/state/spec.js';
import type { DecoderPlan } from '../../heads/decoder-state.js';
import { convolutionState, trainedBy, type Convolution } from '../../models/layer-state.js';

/** Whose losses train them. */
export const REPAIR = 'repair';

/** Sees a map and the mask beside it; what comes out is added where the map is damaged. */
export interface RepairLayer {
  readonly look: Convolution;
  readonly mend: Convolution;
}

/** One before each level of the decoder. */
export const planRepair = ({ levels }: DecoderPlan): RepairLayer[] => levels.map(({ convolution: { channelsIn } }, level): RepairLayer => ({
  look: { name: `head/repair/level${level + 1}/look`, size: 3, stride: 1, channelsIn: channelsIn + 1, channelsOut: channelsIn, norm: 'group', relu: true },
  mend: { name: `head/repair/level${level + 1}/mend`, size: 3, stride: 1, channelsIn, channelsOut: channelsIn, norm: 'none', relu: false },
}));

export const repairState = (plan: DecoderPlan): StateSpec[] =>
  trainedBy(REPAIR, planRepair(plan).flatMap(({ look, mend }) => [...convolutionState(look), ...convolutionState(mend)]));
