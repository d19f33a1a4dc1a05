// The header of a safetensors file, which may come from anywhere: read with the checks of the format's own reader, so that a file that is
// cut short, hostile or of another kind ends in one sentence. https://github.com/huggingface/safetensors

import { PretextError } from '../errors/pretext-error.js';
import { sizeOf } from '../state/spec.js';

export interface HeaderEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** In bytes, from where the data begin. */
  readonly start: number;
  readonly end: number;
}

export interface Header {
  readonly entries: readonly HeaderEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** What the format's own reader allows. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Bytes of a number, of the types of the format that have whole bytes. */
const BYTES: Readonly<Record<string, number>> = {
  BOOL: 1, U8: 1, I8: 1, F8_E5M2: 1, F8_E4M3: 1, U16: 2, I16: 2, F16: 2, BF16: 2, U32: 4, I32: 4, F32: 4, U64: 8, I64: 8, F64: 8,
};

const FROM_TORCH = `Convert it in Python: import torch; from safetensors.torch import save_file; weights = torch.load("FILE", map_location="cpu", weights_only=True); save_file({name: array.contiguous() for name, array in weights.items()}, "OUT.safetensors").`;

/** How files of other kinds begin, in hexadecimal. */
const OTHER_KINDS: readonly { readonly begins: string; readonly what: string; readonly hint: string }[] = [
  { begins: '504b0304', what: 'a zip archive, as torch.save and numpy write', hint: FROM_TORCH },
  { begins: '80', what: 'a Python pickle, as torch.save wrote', hint: FROM_TORCH },
  { begins: '89484446', what: 'an HDF5 file, as Keras writes', hint: 'Save the weights from Python with safetensors.numpy.save_file.' },
  { begins: '47475546', what: 'a GGUF file', hint: 'Give the .safetensors file of the same weights.' },
  { begins: '1f8b', what: 'a gzip archive', hint: 'Unpack it first.' },
];

export function createFormatError(path: string, what: string, hint?: string): PretextError {
  return new PretextError('BAD_STATE', `"${path}" is not a whole safetensors file: ${what}.`, hint === undefined ? {} : { hint });
}

/** Throws BAD_STATE for the beginning of a file of a kind that is known. */
export function throwOnOtherKind(path: string, start: Buffer): void {
  const kind = OTHER_KINDS.find(({ begins }) => start.toString('hex').startsWith(begins) && !looksLikeHeader(start));
  if (kind) throw createFormatError(path, `it is ${kind.what}`, kind.hint);
}

/** A header of 128 bytes begins as a pickle does, but for the brace behind the length. */
const looksLikeHeader = (start: Buffer): boolean => start.length > 8 && start[8] === '{'.charCodeAt(0);

/** The names in the outermost map of a JSON text, one twice where the text has it twice. No pattern takes a whole text: a long one would overflow its stack. */
function listKeys(json: string): string[] {
  const keys: string[] = [];
  let depth = 0;
  let opened: number | undefined;
  for (const { 0: token, index } of json.matchAll(/\\.|["{}[\]]/g)) {
    if (token === '"' && opened === undefined) opened = index;
    else if (token === '"') {
      if (depth === 1 && /^\s*:/.test(json.slice(index + 1, index + 21))) keys.push(JSON.parse(json.slice(opened, index + 1)) as string);
      opened = undefined;
    } else if (opened !== undefined) continue;
    else if (token === '{' || token === '[') depth += 1;
    else depth -= 1;
  }
  return keys;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function readEntry(name: string, value: unknown): HeaderEntry | string {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string') return `"${name}" does not say of which type its numbers are`;
  if (!Array.isArray(shape) || !shape.every(isCount) || !isCount(sizeOf(shape))) return `the shape of "${name}" is ${JSON.stringify(shape)}, expected a list of whole numbers`;
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) return `the place of "${name}" is ${JSON.stringify(offsets)}, expected where its bytes begin and end`;
  return { name, dtype, shape, start: offsets[0] as number, end: offsets[1] as number };
}

/** What is wrong with the places of arrays, which must lie one after the other and fill the data. */
function findMisplaced(entries: readonly HeaderEntry[], dataBytes: number): string | undefined {
  let end = 0;
  let before = 'the header';
  for (const entry of entries.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const { name, dtype, shape } = entry;
    const bytes = BYTES[dtype];
    if (entry.end > dataBytes) return `"${name}" is cut short`;
    if (entry.start < end) return `"${name}" overlaps "${before}"`;
    if (entry.start > end) return `nothing fills the ${entry.start - end} bytes before "${name}"`;
    if (entry.end < entry.start || (bytes !== undefined && entry.end - entry.start !== bytes * sizeOf(shape))) {
      return `"${name}" has ${entry.end - entry.start} bytes, which [${shape.join(', ')}] numbers of ${dtype} do not have`;
    }
    [end, before] = [entry.end, name];
  }
  return end === dataBytes ? undefined : `${dataBytes - end} bytes follow its last array`;
}

function readMetadata(value: unknown): Header['metadata'] | undefined {
  if (value === undefined) return {};
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMap && Object.values(value).every((text) => typeof text === 'string') ? (value as Header['metadata']) : undefined;
}

/** Reads the text of a header that `dataBytes` bytes follow. Throws PretextError BAD_STATE; `path` names the file. */
export function parseHeader(path: string, json: string, dataBytes: number): Header {
  const header = parseJson(path, json);
  const seen = new Set<string>();
  const twice = listKeys(json).find((key) => seen.size === seen.add(key).size);
  if (twice !== undefined) throw createFormatError(path, `its header has "${twice}" twice`);
  const { __metadata__: given, ...rest } = header;
  const metadata = readMetadata(given);
  if (metadata === undefined) throw createFormatError(path, 'its metadata are no texts');
  const entries = Object.entries(rest).map(([name, value]) => {
    const entry = readEntry(name, value);
    if (typeof entry === 'string') throw createFormatError(path, entry);
    return entry;
  });
  const misplaced = findMisplaced(entries, dataBytes);
  if (misplaced !== undefined) throw createFormatError(path, misplaced, 'Download or copy it again, or save it again with the safetensors library.');
  return { entries, metadata };
}

function parseJson(path: string, json: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(json);
  } catch (cause) {
    throw Object.assign(createFormatError(path, 'its header is not JSON'), { cause });
  }
  if (typeof header === 'object' && header !== null && !Array.isArray(header)) return header as Record<string, unknown>;
  throw createFormatError(path, 'its header is no map');
}
