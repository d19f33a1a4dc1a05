// An item's media with its classes as tasks know them that learn from labels: by their numbers.

import { listClasses } from '../../shared/datasets/label-lists.js';
import type { Media } from '../decode/media.js';

/** With the label as one class and as a list of classes: each task takes what it learns from. What is none of the classes has no number. */
export function labelMedia(media: Media, label: string | undefined, classes: readonly string[] = []): Media {
  if (label === undefined) return media;
  const number = classes.indexOf(label);
  const labels = listClasses(label).map((name) => classes.indexOf(name)).filter((each) => each >= 0);
  return { ...media, labels, ...(number >= 0 && { label: number }) };
}
