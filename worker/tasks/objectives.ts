// Every pretext task by its name in a recipe: the half that learns.

import { arrowOfTime } from './arrow-of-time/objective.js';
import { artifactSpotting } from './artifact-spotting/objective.js';
import { autoencoder } from './autoencoder/objective.js';
import { byol } from './byol/objective.js';
import { classify } from './classify/objective.js';
import { colorization } from './colorization/objective.js';
import { frameOrder } from './frame-order/objective.js';
import { futureFrame } from './future-frame/objective.js';
import { inpainting } from './inpainting/objective.js';
import { instance } from './instance/objective.js';
import { jigsaw } from './jigsaw/objective.js';
import { lejepa } from './lejepa/objective.js';
import { mae } from './mae/objective.js';
import { moco } from './moco/objective.js';
import type { ObjectiveFactory } from './objective.js';
import { multiLabel } from './multi-label/objective.js';
import { oddOneOut } from './odd-one-out/objective.js';
import { orderVerification } from './order-verification/objective.js';
import { pace } from './pace/objective.js';
import { pirl } from './pirl/objective.js';
import type { TaskName } from './puzzles.js';
import { relativeLocation } from './relative-location/objective.js';
import { rotation } from './rotation/objective.js';
import { segment } from './segment/objective.js';
import { simclr } from './simclr/objective.js';
import { simsiam } from './simsiam/objective.js';
import { soundClusters } from './sound-clusters/objective.js';
import { soundMatch } from './sound-match/objective.js';
import { vicreg } from './vicreg/objective.js';

export const objectives = {
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
} satisfies Record<TaskName, ObjectiveFactory<never>>;
