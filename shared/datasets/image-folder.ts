// A folder of images. Reads headers only: a file damaged further in is found when it is decoded.

import { createFolderSource, type Probed } from './folder.js';
import { openPicture } from './pictures/open-picture.js';

export const imageFolder = createFolderSource({ kind: 'image', createProbe: () => Promise.resolve(probePicture) });

/** What a picture's header says. Throws PretextError DECODE_FAILED, DECODE_LIMIT. */
export async function probePicture(path: string): Promise<Probed> {
  const { width, height, bands, type } = await openPicture(path);
  return { width, height, ...(bands !== 3 && { bands }), ...(type !== 'uint8' && { sampleType: type }) };
}
