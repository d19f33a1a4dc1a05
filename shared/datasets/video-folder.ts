// A folder of videos. Reads what the containers say; frames are first decoded by the workers.

import { locateFfmpeg } from './ffmpeg.js';
import { createFolderSource } from './folder.js';
import { probeVideo } from './probe-video.js';

export const videoFolder = createFolderSource({
  kind: 'video',
  async createProbe(signal) {
    const { ffprobe } = await locateFfmpeg();
    return (path) => probeVideo(path, { ffprobe, signal });
  },
});
