// Places for marks on an axis, at round numbers. Pure.

/** At most about `most` round numbers from `least` to `largest`, evenly spaced. */
export function placeTicks(least: number, largest: number, most: number): number[] {
  const step = roundUp((largest - least) / most);
  if (!(step > 0)) return [least];
  const first = Math.ceil(least / step - 1e-9);
  const last = Math.floor(largest / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** The next of 1, 2, 5, 10, 20, ... */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= value * (1 - 1e-9)) ?? NaN;
}

/** 1, 2 and 5 times powers of ten between two positive numbers; powers alone where those would be too many. */
export function placeLogTicks(least: number, largest: number, most: number): number[] {
  const [first, last] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(largest))];
  const powers = Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
  const fine = powers.flatMap((power) => [power, 2 * power, 5 * power]);
  const within = (ticks: readonly number[]): number[] => ticks.map((tick) => Number(tick.toPrecision(12))).filter((tick) => tick >= least * (1 - 1e-9) && tick <= largest * (1 + 1e-9));
  return within(fine).length <= most ? within(fine) : within(powers);
}
