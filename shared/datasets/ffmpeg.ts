// Finds the ffmpeg and ffprobe to use: first as the environment says, then on PATH, then in the packages of npm.
// Leaves out what to run them with (ffmpeg-input.ts, probe-video.ts, worker/decode/clip.ts).

import { execFile } from 'node:child_process';
import { access, chmod, constants } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, PretextError } from '../errors/pretext-error.js';

export interface Ffmpeg {
  /** Absolute paths of the two programs. */
  readonly ffmpeg: string;
  readonly ffprobe: string;
  /** Where ffmpeg was found: FFMPEG_PATH, PATH or the npm package. */
  readonly source: 'environment' | 'path' | 'npm';
  /** As ffmpeg states it, e.g. `5.1.9-0+deb12u1`. */
  readonly version: string;
  /** For the log, where what was found is second best. */
  readonly warning?: string;
}

type Program = 'ffmpeg' | 'ffprobe';
type Environment = Readonly<Record<string, string | undefined>>;

// Names that are not string literals in `import()`, because the packages are optional and the compiler must not need them.
const NPM_PACKAGES: Readonly<Record<Program, string>> = {
  ffmpeg: '@ffmpeg-installer/ffmpeg',
  ffprobe: '@ffprobe-installer/ffprobe',
};
const INSTALL_HINT =
  'Install ffmpeg (Debian, Ubuntu: apt-get install ffmpeg), or set FFMPEG_PATH, or let npm install its optional packages (npm ci --include=optional).';
const NPM_WARNING =
  'Using the ffmpeg of the npm package, built in 2018: for trusted files only. Install ffmpeg or set FFMPEG_PATH for anything else.';
const VERSION_TIMEOUT_MS = 20_000;

const run = promisify(execFile);
let located: Promise<Ffmpeg> | undefined;

/** The ffmpeg of this process, looked for once. Throws PretextError FFMPEG_ABSENT saying what to install. */
export function locateFfmpeg(): Promise<Ffmpeg> {
  located ??= findFfmpeg(process.env).catch((error: unknown) => {
    located = undefined;
    throw error;
  });
  return located;
}

/** Looks for ffmpeg and ffprobe as `environment` says, without remembering the answer. Throws as `locateFfmpeg` does. */
export async function findFfmpeg(environment: Environment): Promise<Ffmpeg> {
  const named = environment.FFMPEG_PATH;
  if (named) return describe(named, await findFfprobe(environment, named), 'environment');
  const onPath = await findOnPath('ffmpeg', environment);
  if (onPath) return describe(onPath, await findFfprobe(environment, onPath), 'path');
  const packaged = await findInNpm('ffmpeg');
  return { ...(await describe(packaged, await findFfprobe(environment, packaged), 'npm')), warning: NPM_WARNING };
}

async function findFfprobe(environment: Environment, ffmpeg: string): Promise<string> {
  if (environment.FFPROBE_PATH) return environment.FFPROBE_PATH;
  const beside = join(dirname(ffmpeg), executable('ffprobe'));
  if (await isExecutable(beside)) return beside;
  return (await findOnPath('ffprobe', environment)) ?? findInNpm('ffprobe');
}

async function findOnPath(program: Program, environment: Environment): Promise<string | undefined> {
  for (const folder of (environment.PATH ?? '').split(delimiter)) {
    const candidate = join(folder, executable(program));
    if (folder !== '' && (await isExecutable(candidate))) return candidate;
  }
  return undefined;
}

async function findInNpm(program: Program): Promise<string> {
  try {
    const { default: installed } = (await import(NPM_PACKAGES[program])) as { default: { path: string } };
    // Installed without its script, ffprobe lacks the executable bit.
    if (!(await isExecutable(installed.path))) await chmod(installed.path, 0o755);
    return installed.path;
  } catch (error) {
    throw new PretextError(
      'FFMPEG_ABSENT',
      `${program} was found neither in the environment (FFMPEG_PATH), nor on PATH, nor in the npm package ${NPM_PACKAGES[program]} (${messageOf(error)}).`,
      { hint: INSTALL_HINT, cause: error },
    );
  }
}

async function describe(ffmpeg: string, ffprobe: string, source: Ffmpeg['source']): Promise<Ffmpeg> {
  const version = await readVersion(ffmpeg);
  await readVersion(ffprobe);
  return { ffmpeg, ffprobe, source, version };
}

async function readVersion(program: string): Promise<string> {
  try {
    const { stdout } = await run(program, ['-version'], { timeout: VERSION_TIMEOUT_MS, killSignal: 'SIGKILL' });
    return /version (\S+)/.exec(stdout)?.[1] ?? 'unknown';
  } catch (error) {
    throw new PretextError('FFMPEG_ABSENT', `${program} cannot be run: ${messageOf(error)}`, { hint: INSTALL_HINT, cause: error });
  }
}

function executable(program: Program): string {
  return process.platform === 'win32' ? `${program}.exe` : program;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
