// The process in which a run that goes on is looked at, because the run's own process loads no tensor library.

import { lookAtRun } from '../actions/look-at-run.js';
import { serveParent } from './child.js';
import type { ApartOptions } from './measure-apart.js';

serveParent<ApartOptions>((options, signal, onProgress) => lookAtRun({ ...options, signal, onProgress }));
