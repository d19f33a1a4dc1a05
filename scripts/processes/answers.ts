// The process in which a label curve measures a run, because its own process loads no tensor library.

import { answerItems } from '../measure/answer-items.js';
import { serveParent } from './child.js';
import type { ApartOptions } from './measure-apart.js';

serveParent<ApartOptions>((options, signal, onProgress) => answerItems({ ...options, signal, onProgress }));
