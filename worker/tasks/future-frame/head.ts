// What the head is made of: a decoder over the feature maps of all frames together, which sees the earlier stages too: where something
// moves is to be known to the pixel. Loads no tensor library.

import type { StateSpec } from '../../../shared/state/spec.js';
import { decoderState, planDecoder, type Decoder, type DecoderPlan } from '../../heads/decoder-state.js';
import { denseState, type Dense } from '../../models/layer-state.js';
import type { StageShape } from '../../models/model.js';
import type { TrunkShape } from '../task.js';

/** Adds a stage of the trunk to the map that comes into a level of the decoder. */
interface Skip {
  readonly level: number;
  /** Place of the stage among the trunk's. */
  readonly stage: number;
  readonly dense: Dense;
}

export interface HeadPlan {
  readonly decoder: DecoderPlan;
  readonly skips: readonly Skip[];
}

/** `maps` are side and channels of each stage of the trunk for one frame. */
export function planHead(decoder: Decoder, maps: readonly { readonly side: number; readonly channels: number }[], numFrames: number): HeadPlan {
  const last = maps.at(-1)!;
  const plan = planDecoder(decoder, { side: last.side, channels: numFrames * last.channels });
  const skips = plan.levels.slice(1).flatMap(({ convolution }, index): Skip[] => {
    const stage = maps.slice(0, -1).findLastIndex(({ side }) => side === plan.levels[index]!.side);
    if (stage < 0) return [];
    return [{ level: index + 1, stage, dense: { name: `head/skip${stage + 1}`, numInputs: numFrames * maps[stage]!.channels, numOutputs: convolution.channelsIn } }];
  });
  return { decoder: plan, skips };
}

const mapsOf = (stages: readonly StageShape[], side: number): { side: number; channels: number }[] =>
  stages.map(({ channels, stride }) => ({ channels, side: Math.ceil(side / stride) }));

/** The network begins by saying that next to nothing changes, which is what a guesser would say. */
const FIRST_GAIN = 0.01;

const beginQuietly = (spec: StateSpec): StateSpec =>
  spec.kind === 'trained' && spec.name === 'head/decoder/picture/kernel' && spec.init.kind === 'heUniform' ? { ...spec, init: { ...spec.init, gain: FIRST_GAIN } } : spec;

export function headState(decoder: Decoder, trunk: TrunkShape, numFrames: number): StateSpec[] {
  const { skips } = planHead(decoder, mapsOf(trunk.stages, decoder.side), numFrames);
  const all = { ...trunk, channels: numFrames * trunk.channels };
  return [...decoderState(decoder, all).map(beginQuietly), ...skips.flatMap(({ dense }) => denseState(dense))];
}
