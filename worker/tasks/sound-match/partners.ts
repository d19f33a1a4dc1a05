// Whose sound a sample that shall not match gets to hear: that of another sample of its microbatch.

const NONE = -1;

/**
 * For each sample the next one, cyclically, that can be used and is of another item; -1 where there is none, and for samples that
 * cannot be used themselves. A pure function of the microbatch, so it is the same on every worker.
 */
export function choosePartners(items: ArrayLike<number>, weights: ArrayLike<number>): Int32Array {
  const numSamples = weights.length;
  return Int32Array.from({ length: numSamples }, (_, sample) => {
    if (weights[sample] === 0) return NONE;
    for (let distance = 1; distance < numSamples; distance++) {
      const other = (sample + distance) % numSamples;
      if (weights[other] !== 0 && items[other] !== items[sample]) return other;
    }
    return NONE;
  });
}

export interface Pairing {
  /** [B]: whose sound each sample hears. */
  readonly heard: Int32Array;
  /** [B]: 0 for a sample that has no partner, whether it needs one or not, so that both answers stay equally likely. */
  readonly weights: Float32Array;
}

/** `matches` has 1 for a sample that hears its own sound, 0 for one that hears its partner's. */
export function pairSounds(items: ArrayLike<number>, matches: ArrayLike<number>, weights: ArrayLike<number>): Pairing {
  const partners = choosePartners(items, weights);
  return {
    heard: partners.map((partner, sample) => (matches[sample] === 1 || partner === NONE ? sample : partner)),
    weights: Float32Array.from(partners, (partner, sample) => (partner === NONE ? 0 : weights[sample]!)),
  };
}
