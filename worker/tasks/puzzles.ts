// Every pretext task by its name in a recipe: the half that draws.

import { arrowOfTime } from './arrow-of-time/puzzle.js';
import { artifactSpotting } from './artifact-spotting/puzzle.js';
import { autoencoder } from './autoencoder/puzzle.js';
import { byol } from './byol/puzzle.js';
import { classify } from './classify/puzzle.js';
import { colorization } from './colorization/puzzle.js';
import { frameOrder } from './frame-order/puzzle.js';
import { futureFrame } from './future-frame/puzzle.js';
import { inpainting } from './inpainting/puzzle.js';
import { instance } from './instance/puzzle.js';
import { jigsaw } from './jigsaw/puzzle.js';
import { lejepa } from './lejepa/puzzle.js';
import { mae } from './mae/puzzle.js';
import { moco } from './moco/puzzle.js';
import { multiLabel } from './multi-label/puzzle.js';
import { oddOneOut } from './odd-one-out/puzzle.js';
import { orderVerification } from './order-verification/puzzle.js';
import { pace } from './pace/puzzle.js';
import { pirl } from './pirl/puzzle.js';
import { relativeLocation } from './relative-location/puzzle.js';
import { rotation } from './rotation/puzzle.js';
import { segment } from './segment/puzzle.js';
import { simclr } from './simclr/puzzle.js';
import { simsiam } from './simsiam/puzzle.js';
import { soundClusters } from './sound-clusters/puzzle.js';
import { soundMatch } from './sound-match/puzzle.js';
import type { TaskInfo } from './task.js';
import { vicreg } from './vicreg/puzzle.js';

export const puzzles = {
  'arrow-of-time': arrowOfTime,
  'artifact-spotting': artifactSpotting,
  autoencoder,
  byol,
  classify,
  colorization,
  'frame-order': frameOrder,
  'future-frame': futureFrame,
  inpainting,
  instance,
  jigsaw,
  lejepa,
  mae,
  moco,
  'multi-label': multiLabel,
  'odd-one-out': oddOneOut,
  'order-verification': orderVerification,
  pace,
  pirl,
  'relative-location': relativeLocation,
  rotation,
  segment,
  simclr,
  simsiam,
  'sound-clusters': soundClusters,
  'sound-match': soundMatch,
  vicreg,
} satisfies Record<string, TaskInfo>;

export type TaskName = keyof typeof puzzles;
