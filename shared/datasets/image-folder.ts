// A folder of images. Reads headers only: a file damaged further in is found when it is decoded.

import { createFolderSource } from './folder.js';
import { probeImage } from './images.js';

export const imageFolder = createFolderSource({ kind: 'image', createProbe: () => Promise.resolve(probeImage) });
