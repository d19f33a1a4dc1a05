// An item's media with its class as tasks know it that learn from labels: by its number.

import type { Media } from '../decode/media.js';

/** Without a number where the item has no label, or one that is none of the classes. */
export function labelMedia(media: Media, label: string | undefined, classes: readonly string[] = []): Media {
  const number = label === undefined ? -1 : classes.indexOf(label);
  return number < 0 ? media : { ...media, label: number };
}
