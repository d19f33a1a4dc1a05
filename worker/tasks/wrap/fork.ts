// A stream of random numbers of its own for a part of what is drawn, so that one part does not move the others.

import { createRandom, type Random } from '../../../shared/random/random.js';

/** Takes three numbers of the stream, whatever is drawn from the new one. */
export function fork(random: Random, purpose: string): Random {
  const [seed, epoch, sample] = [random.uint32(), random.uint32(), random.uint32()];
  return createRandom({ seed, epoch, sample, purpose });
}
