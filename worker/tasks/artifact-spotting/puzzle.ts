// Spotting artifacts (Jenni and Favaro 2018, "Self-Supervised Feature Learning by Learning to Spot Artifacts"): pictures that went through an
// autoencoder, some of them with their features damaged and mended on the way. The trunk says which, and where. It begins as the encoder of
// a stage of `autoencoder` before, whose encoder and decoder stay as they are.

import { z } from 'zod';
import type { StateSpec } from '../../../shared/state/spec.js';
import { initValues } from '../../../shared/state/init.js';
import { createLayout } from '../../../shared/state/layout.js';
import { drawPicture } from '../../augment/draw-picture.js';
import { guard } from '../../augment/guard.js';
import { restoreBytes } from '../../augment/ops/normalise.js';
import { toBytes } from '../../augment/ops/to-bytes.js';
import { decoderOf, decoderOptions, decoderState, planDecoder } from '../../heads/decoder-state.js';
import { convolutionState, denseState, type Convolution, type Dense } from '../../models/layer-state.js';
import { teachersOf } from '../../models/teacher-state.js';
import { pictureSpec, type DataSizes, type Puzzle, type TaskInfo } from '../task.js';
import { repairState } from './repair-state.js';

const guards = z.strictObject({
  reconstructed: guard('Show as real what went through the autoencoder whole, not the picture itself: blur would give the others away.'),
});

const options = z.strictObject({
  kept: z.number().min(0).max(1).default(0.3).describe('Share of the cells of the encoder\'s last feature map that are not damaged, 0..1: the difficulty, more are harder.'),
  maskWeight: z.number().min(0).max(100).default(0.1).describe('Weight of saying which cells are damaged, beside saying whether any are.'),
  likeness: z.number().min(0).max(1000).default(6).describe('Weight of the repair\'s mean square error where nothing is damaged, in normalised pixels, beside fooling the trunk. 6 is the paper\'s 30 in pixels of -1..1.'),
  hidden: z.int().min(1).max(8192).default(256).describe('Numbers of the layer between the trunk and the verdict.'),
  dropout: z.number().min(0).lt(1).default(0).describe('Share of them that are silenced while training, 0..1.'),
  minArea: z.number().min(0.05).max(1).default(0.33).describe('Smallest crop, as a share of the picture\'s area.'),
  flip: z.boolean().default(true).describe('Mirror half of the pictures, left and right.'),
  ...decoderOptions,
  guards: guards.prefault({}).describe('Guards against answers that need no understanding; each can be turned off.'),
});

export type ArtifactSpottingOptions = z.output<typeof options>;

export interface HeadPlan {
  readonly hidden: Dense;
  /** One logit: is it real? */
  readonly verdict: Dense;
  /** One logit for each place of the last feature map: is it kept? */
  readonly mask: Convolution;
}

export const planHead = ({ hidden }: ArtifactSpottingOptions, channels: number): HeadPlan => ({
  hidden: { name: 'head/hidden', numInputs: channels, numOutputs: hidden },
  verdict: { name: 'head/verdict', numInputs: hidden, numOutputs: 1, gain: 0.1 },
  mask: { name: 'head/mask', size: 3, stride: 1, channelsIn: channels, channelsOut: 1, norm: 'none', relu: false },
});

/** Arrays that a stage before trained, as they are from now on. */
const inherit = (specs: readonly StateSpec[]): StateSpec[] => specs.map((spec) =>
  ({ kind: 'constant', name: spec.name, shape: spec.shape, inherited: true, values: () => initValues(createLayout([spec]), 0) }));

function bind(options: ArtifactSpottingOptions, sizes: DataSizes): Puzzle {
  const { side, pixels } = sizes;
  return {
    needs: { media: 'image' },
    arrays: { picture: pictureSpec(side, pixels) },
    terms: ['verdict', 'mask', 'fooling', 'likeness'],
    othersTerms: ['fooling', 'likeness'],
    equivariance: 'which cells are damaged is drawn anew for each version',
    metrics: {
      accuracy: { better: 'higher', chance: 0.5, ceiling: 1 },
      // Of pairs of a kept and a damaged cell of one picture: the area under the curve.
      maskRanked: { better: 'higher', chance: 0.5, ceiling: 1 },
      // Of the autoencoder; a guesser says each picture's mean colour.
      reconstructed: { better: 'higher', chance: 0, ceiling: 1 },
    },
    chanceLosses: { verdict: Math.LN2, mask: options.maskWeight * Math.LN2 },
    state(trunk) {
      // That of the autoencoder before, which must have had the same options.
      const decoder = decoderOf(options, sizes);
      const { hidden, verdict, mask } = planHead(options, trunk.channels);
      return [
        // A momentum of 1 keeps the encoder as it was when the stage began.
        ...teachersOf(trunk.state, { start: 1, end: 1 }),
        ...inherit(decoderState(decoder, trunk)),
        ...repairState(planDecoder(decoder, trunk)),
        ...denseState(hidden), ...denseState(verdict), ...convolutionState(mask),
      ];
    },

    draw({ frames }, random, out) {
      const patchHWC = drawPicture(frames, random, { ...options, side });
      if (!patchHWC) return false;
      toBytes(patchHWC, out['picture'] as Uint8Array);
      return true;
    },

    // The damage is done to features, which a preview has none of.
    explain: () => ({ answer: 'whole or mended, and where; a preview without a trained autoencoder has no damage to show' }),
    showPredicted: ({ picture }, { whole, mended }) => {
      const shape = [side, side, pixels.channels];
      return { picture: { shape, values: picture! }, 'encoded and painted': { shape, values: restoreBytes(whole!, pixels) }, 'damaged and mended': { shape, values: restoreBytes(mended!, pixels) } };
    },
  };
}

export const artifactSpotting: TaskInfo<ArtifactSpottingOptions> = { options, paper: 'Jenni and Favaro 2018', media: 'image', needsStage: 'autoencoder', bind };
