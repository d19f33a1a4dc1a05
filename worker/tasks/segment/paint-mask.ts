// Masks for people to look at: a colour for each class, black where nobody says. Pure.

/** From 0 up to 1 and back as a place goes once round the circle of colours; `shift` is that of red, green or blue. */
const levelAt = (place: number, shift: number): number => Math.min(1, Math.max(0, 2 - Math.abs(((6 * place + shift) % 6) - 3)));

/** Bytes of red, green and blue; the first class is dark grey, for it is mostly the ground. Numbers below 0 are of no class. */
export function paintMask(numbers: Int32Array, numClasses: number): Uint8Array {
  const bytes = new Uint8Array(3 * numbers.length);
  numbers.forEach((number, pixel) => {
    if (number < 0) return;
    const place = (number - 1) / Math.max(1, numClasses - 1);
    for (const [channel, shift] of [3, 1, 5].entries()) bytes[3 * pixel + channel] = number === 0 ? 64 : 64 + Math.round(191 * levelAt(place, shift));
  });
  return bytes;
}
