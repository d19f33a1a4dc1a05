// Items decoded for measuring: the way from a file to what a trunk is shown, for every command that uses a checkpoint.

import type { Item, RejectedItem } from '../../shared/datasets/dataset.js';
import { messageOf, PretextError } from '../../shared/errors/pretext-error.js';
import type { Recipe } from '../../shared/recipe/schema.js';
import { createLocalFiles } from '../../worker/data/item-files.js';
import { openDecoder } from '../../worker/data/open-decoder.js';
import type { Media } from '../../worker/decode/media.js';
import { locateSegment } from '../../worker/decode/segments.js';

export interface OpenedItem {
  readonly item: Item;
  readonly media: Media;
  /** Of its first frame in the file; 0 for an image. */
  readonly startS: number;
}

export interface OpenOptions {
  /** Of the folder that the items lie in. */
  readonly data: Recipe['data'];
  /** Of the sound that comes with the frames, where it is wanted. */
  readonly soundHz?: number | undefined;
  /** Whether masks are wanted. */
  readonly masks?: boolean | undefined;
  readonly signal: AbortSignal;
  /** Called with a sentence about the progress, from time to time. */
  readonly onProgress?: ((what: string) => void) | undefined;
  /** Told of every item that cannot be decoded; they are left out. */
  onUnusable(rejected: RejectedItem): void;
}

const FRAME_CACHE_BYTES = 64 * 1024 ** 2;
const DECODES_AT_ONCE = 2;
const PROGRESS_EVERY_ITEMS = 50;

/**
 * In the given order, of a video its middle segment. Decodes one item ahead. Throws PretextError CANCELLED on abort, DATA_UNUSABLE where
 * no item can be decoded.
 */
export async function* openItems(items: readonly Item[], { data, soundHz, masks, signal, onProgress, onUnusable }: OpenOptions): AsyncGenerator<OpenedItem> {
  const files = createLocalFiles(data.root, { links: data.links });
  const decoder = await openDecoder(data, { openItem: (item) => files.open(item), cacheBytes: FRAME_CACHE_BYTES, concurrency: DECODES_AT_ONCE, soundHz, masks });
  const open = async (item: Item): Promise<OpenedItem | { readonly item: Item; readonly error: unknown }> => {
    const segment = Math.floor(decoder.numSegments(item) / 2);
    const { startS } = locateSegment(item, segment, data.segmentS);
    return decoder.decode(item, segment).then((media) => ({ item, media, startS }), (error: unknown) => ({ item, error }));
  };
  let numUnusable = 0;
  try {
    let next = items[0] && open(items[0]);
    for (const [position, item] of items.entries()) {
      const opened = (await next)!;
      const following = items[position + 1];
      next = following && open(following);
      if (signal.aborted) throw new PretextError('CANCELLED', 'It was stopped before all items were looked at.');
      if (position % PROGRESS_EVERY_ITEMS === 0) onProgress?.(`item ${position + 1} of ${items.length}`);
      if ('media' in opened) {
        yield opened;
        continue;
      }
      numUnusable += 1;
      if (numUnusable === items.length) throwUnusable(items, opened.error);
      onUnusable(rejectionOf(item, opened.error));
    }
  } finally {
    await decoder.dispose();
    await files.dispose();
  }
}

const rejectionOf = ({ path }: Item, error: unknown): RejectedItem =>
  ({ path, code: error instanceof PretextError ? error.code : 'DECODE_FAILED', reason: messageOf(error) });

function throwUnusable(items: readonly Item[], cause: unknown): never {
  throw new PretextError('DATA_UNUSABLE', `None of the ${items.length} items could be used, the last ("${items.at(-1)!.path}") because: ${messageOf(cause)}`, {
    hint: 'Are the data where the run had them? --data names another folder.', cause,
  });
}
