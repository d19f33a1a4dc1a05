// The parts of a report, in the order in which they stand. A new one is a file and a line.

import type { Section } from '../section.js';
import { classes } from './classes.js';
import { curves } from './curves.js';
import { environment } from './environment.js';
import { labelCurve } from './label-curve.js';
import { looks } from './looks.js';
import { map } from './map.js';
import { neighbours } from './neighbours.js';
import { pixels } from './pixels.js';
import { provenance } from './provenance.js';
import { puzzles } from './puzzles.js';
import { several } from './several.js';
import { timing } from './timing.js';
import { unusable } from './unusable.js';
import { verdicts } from './verdicts.js';
import { workers } from './workers.js';
import { worth } from './worth.js';

export const sections: readonly Section[] = [
  worth,
  classes,
  several,
  pixels,
  labelCurve,
  curves,
  looks,
  verdicts,
  puzzles,
  neighbours,
  map,
  unusable,
  workers,
  timing,
  provenance,
  environment,
];
