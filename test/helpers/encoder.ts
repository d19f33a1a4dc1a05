// What videos of tests are encoded by: the ffmpeg at hand is asked once, not for every file.

import { chooseEncoder } from '../../scripts/tools/sample-videos/encode.js';
import { locateFfmpeg } from '../../shared/datasets/ffmpeg.js';

let chosen: Promise<readonly string[]> | undefined;

/** Arguments of the encoder. */
export const findEncoder = (): Promise<readonly string[]> => (chosen ??= locateFfmpeg().then(chooseEncoder));
