// The colours of natural photographs, by which pictures are normalised. Loads nothing, so that augmentation threads may have it.

/** Mean and deviation of red, green and blue, as shares of 255. */
export const MEAN = [0.485, 0.456, 0.406] as const;
export const DEVIATION = [0.229, 0.224, 0.225] as const;
