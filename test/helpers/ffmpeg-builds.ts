// The builds of ffmpeg that decoding is tested with: what users have, and the old one that npm brings.

import { findFfmpeg, type Ffmpeg } from '../../shared/datasets/ffmpeg.js';
import { messageOf } from '../../shared/errors/pretext-error.js';

export interface FfmpegBuild {
  readonly name: string;
  /** Undefined where this build is absent; `reason` says why. */
  readonly ffmpeg: Ffmpeg | undefined;
  readonly reason: string;
}

/** The system's ffmpeg (as the environment says) and the one of the npm packages. */
export async function findBuilds(): Promise<FfmpegBuild[]> {
  const system = await find('system', process.env);
  const packaged = await find('npm', { PATH: '' });
  return [system, packaged];
}

async function find(name: string, environment: NodeJS.ProcessEnv): Promise<FfmpegBuild> {
  try {
    const ffmpeg = await findFfmpeg(environment);
    const isOther = name === 'system' && ffmpeg.source === 'npm';
    return { name, ffmpeg: isOther ? undefined : ffmpeg, reason: isOther ? 'no ffmpeg is installed on this system' : '' };
  } catch (error) {
    return { name, ffmpeg: undefined, reason: messageOf(error) };
  }
}
