// The process in which `pretext run` evaluates what it has trained, because the run's own process loads no tensor library.

import { evaluateRun } from '../actions/evaluate-run.js';
import { serveParent } from './child.js';
import type { ApartOptions } from './measure-apart.js';

serveParent<ApartOptions>((options, signal, onProgress) => evaluateRun({ ...options, signal, onProgress }));
