// The process in which `pretext run` evaluates what it has trained, because the run's own process loads no tensor library.

import { evaluateRun, type EvaluateRunOptions } from '../actions/evaluate-run.js';
import { serveParent } from './child.js';

/** The options that go through the argument. */
export type EvaluationOptions = Omit<EvaluateRunOptions, 'signal' | 'onProgress'>;

serveParent<EvaluationOptions>((options, signal, onProgress) => evaluateRun({ ...options, signal, onProgress }));
