// A folder of videos. Reads what the containers say; frames are first decoded by the workers.

import { locateFfmpeg } from './ffmpeg.js';
import { createFolderSource } from './folder.js';
import { probeVideo } from './probe-video.js';

export const videoFolder = createFolderSource({
  kind: 'video',
  extensions: new Set([
    '3g2', '3gp', 'asf', 'avi', 'divx', 'dv', 'f4v', 'flv', 'm2ts', 'm2v', 'm4v', 'mkv', 'mov', 'mp4', 'mpe', 'mpeg', 'mpg', 'mts',
    'mxf', 'nut', 'ogm', 'ogv', 'qt', 'rm', 'rmvb', 'ts', 'vob', 'webm', 'wmv',
  ]),
  async createProbe(signal) {
    const { ffprobe } = await locateFfmpeg();
    return (path) => probeVideo(path, { ffprobe, signal });
  },
});
