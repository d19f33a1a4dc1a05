// Options that several commands share, each defined once. Loads nothing but commander: every command reads this to show its help.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseAddress } from '../../shared/client/endpoint.js';
import { levelNames, type LevelName } from '../../shared/log/levels.js';

/** What most commands take. A switch that was not given is undefined, so that the help shows no default for it. */
export interface CommonFlags {
  readonly json?: boolean;
  readonly level: LevelName;
}

export function jsonOption(what: string): Option {
  return new Option('--json', `print ${what} as JSON`);
}

export function levelOption(): Option {
  return new Option('--level <level>', 'least level of log records to show').choices(levelNames).default('info');
}

export function backendOption(): Option {
  return new Option('--backend <name>', 'what computes; auto takes the fastest that is here').default('auto');
}

export function stageOption(): Option {
  return new Option('--stage <name>', 'stage of the trunk: its name, last, or all one after another').default('last');
}

export function threadsOption(): Option {
  return new Option('--threads <n>', 'threads of a worker that compute; with simd the bits do not depend on it').argParser(parseCount).default(1);
}

export function seedOption(): Option {
  return new Option('--seed <n>', 'key of all randomness').argParser(numberParser('a whole number', (n) => Number.isInteger(n) && n >= 0 && n <= 0xffffffff)).default(1);
}

/** `what` it does, without an end. */
export function setOption(what: string): Option {
  return new Option('--set <key=value>', `${what}; may be given again`).argParser((text: string, before: readonly string[] = []) => [...before, text]);
}

/** Reads the address of a coordinator. */
export function parseUrl(text: string): URL {
  try {
    return parseAddress(text);
  } catch {
    throw new InvalidArgumentError('Expected the address of a coordinator, such as http://10.0.0.1:7420.');
  }
}

export function urlOption(): Option {
  return new Option('--url <url>', 'address of the coordinator').argParser(parseUrl);
}

/** Reads a count of a flag. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 1_000_000) throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return count;
}

/** Reads a number; `expected` says in words which are good. */
export function numberParser(expected: string, isGood: (value: number) => boolean): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || !isGood(value)) throw new InvalidArgumentError(`Expected ${expected}.`);
    return value;
  };
}

export const parseEpochs = numberParser('a number above 0', (n) => n > 0 && n <= 1e5);
export const parseFrozenEpochs = numberParser('a number of at least 0', (n) => n >= 0 && n <= 1e5);
export const parseRate = numberParser('a number above 0', (n) => n > 0 && n <= 1000);
export const parseRateMult = numberParser('a number of at least 1', (n) => n >= 1 && n <= 1e6);
export const parseShare = numberParser('a number above 0 and up to 1', (n) => n > 0 && n <= 1);

const MOST_LISTED = 20;

/** Reads several with commas between them. */
export function listParser(each: (text: string) => number): (text: string) => number[] {
  return (text) => {
    const values = text.split(',').map(each);
    if (values.length > MOST_LISTED) throw new InvalidArgumentError(`Expected ${MOST_LISTED} numbers at most.`);
    return values;
  };
}

export const parseSeeds = listParser(numberParser('whole numbers, such as 1,2,3', (seed) => Number.isInteger(seed) && seed >= 0 && seed <= 0xffffffff));

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** Reads a number of bytes such as `512M` or `1.5G`. */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)$/i.exec(text);
  if (match === null) throw new InvalidArgumentError('Expected a number of bytes, such as 512M or 2G.');
  return Math.floor(Number(match[1]) * UNITS[match[2]!.toUpperCase()]!);
}

/** What `addResourceOptions` gives. */
export interface ResourceFlags {
  readonly decodes?: number;
  readonly augmentThreads?: number;
  readonly frameCache?: number;
  readonly fileCache?: number;
}

/** The options that say what a worker takes of its machine for reading data. */
export function addResourceOptions(command: Command): Command {
  return command
    .option('--decodes <n>', 'files that a worker decodes at once (default: by the cores)', parseCount)
    .option('--augment-threads <n>', 'threads of a worker that draw puzzles (default: by the cores)', parseCount)
    .option('--frame-cache <size>', 'memory of a worker for decoded frames, such as 2G (default: by the memory)', parseBytes)
    .option('--file-cache <size>', 'disk of a worker for files from the coordinator (default: 20G)', parseBytes);
}

/** What `addRecipeOptions` gives. */
export interface RecipeFlags {
  readonly data?: string;
  readonly task?: string;
  readonly init?: string;
  readonly steps?: string;
  readonly seed?: string;
  readonly set?: readonly string[];
  readonly strict?: boolean;
  readonly out?: string;
  readonly report?: string;
  readonly resume?: boolean;
  readonly resumeOrStart?: boolean;
  readonly recover?: boolean;
  readonly mirror?: string;
}

/** The options of the commands that start a run. */
export function addRecipeOptions(command: Command): Command {
  return command
    .argument('[recipe]', 'YAML file; docs/recipe.md lists its keys')
    .option('--data <dir>', 'folder of images or videos')
    .option('--task <name>', 'pretext task')
    .option('--init <file>', 'checkpoint that the trunk begins from')
    .option('--steps <n>', 'updates to make')
    .option('--seed <n>', 'key of all randomness')
    .addOption(setOption('change one key of the recipe'))
    .option('--strict', 'where exchange.audit finds a wrong worker, go back to the last checkpoint')
    .option('--out <dir>', "the run's folder (default: a new one in runs/; with --resume, the newest there)")
    .option('--report <file>', 'write the report here too')
    .option('--resume', 'go on with the run in the folder')
    .option('--resume-or-start', 'go on with the run in --out where there is one, start it where there is none; when it is over, end at once')
    .option('--recover', 'when resuming: cut off a damaged journal at the damage, and let steps that are run again give something else')
    .option('--mirror <dir>', "keep a second copy of the run's folder, logs left out, that --resume --out DIR goes on with");
}
