// The process in which the pictures of a report are drawn, because the run's own process loads no tensor library.

import { drawPictures } from '../actions/draw-pictures.js';
import { serveParent } from './child.js';
import type { ApartOptions } from './measure-apart.js';

serveParent<ApartOptions>((options, signal, onProgress) => drawPictures({ ...options, signal, onProgress }));
