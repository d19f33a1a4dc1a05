// Counts that no worker would find.

import test from 'ava';
import { checkComputed } from '../../../coordinator/step/check-computed.js';
import type { LeasedSample, Message } from '../../../shared/protocol/messages.js';

const samples: LeasedSample[] = [10, 11, 12].map((position) => ({ position, epoch: 0, sample: position, item: position, instance: 0, path: `${position}.png`, kind: 'image', bytes: 1 }));
const BOUNDS = { samples, players: new Set(['main']), names: { terms: ['loss'], metrics: ['accuracy'] } };
const unusable = (position: number, path = `${position}.png`) => ({ position, item: position, path, code: 'DECODE_FAILED', reason: 'torn' });

const counts = (fields: Partial<Message<'computed'>> = {}): Message<'computed'> => ({
  type: 'computed', step: 1, microbatch: 0, weights: { samples: 3, main: 3 }, terms: { loss: { sum: 4, weight: 3 } }, metrics: { accuracy: { sum: 1, weight: 3 } },
  unusable: [], ms: 5, ...fields,
});

test('what a worker finds is within the bounds: all samples, some, or none', (t) => {
  t.notThrows(() => checkComputed(counts(), BOUNDS));
  t.notThrows(() => checkComputed(counts({ weights: { samples: 2, main: 1.5 }, unusable: [unusable(11)] }), BOUNDS));
  t.notThrows(() => checkComputed(counts({ weights: { samples: 0, main: 0 }, terms: { loss: { sum: 0, weight: 0 } }, unusable: samples.map(({ position }) => unusable(position)) }), BOUNDS));
});

const WRONG: Record<string, Partial<Message<'computed'>>> = {
  'more samples than the microbatch has': { weights: { samples: 4, main: 3 } },
  'samples that it calls unusable as well': { weights: { samples: 3, main: 3 }, unusable: [unusable(10)] },
  'no count of samples': { weights: { main: 3 } },
  'a weight for nobody': { weights: { samples: 3, constructor: 3 } },
  'a weight without bounds': { weights: { samples: 3, main: 1e308 } },
  'a weight that nothing can be divided by': { weights: { samples: 3, main: 1e-300 } },
  'a sum without bounds': { terms: { loss: { sum: 1e308, weight: 3 } } },
  'a metric\'s weight without bounds': { metrics: { accuracy: { sum: 1, weight: 1e308 } } },
  'a metric named like a part of every object': { metrics: { constructor: { sum: 1, weight: 1 } } },
  'a metric whose name moves the cursor': { metrics: { '\u001b[2J': { sum: 1, weight: 1 } } },
  'a term less': { terms: {} },
  'a term under another name': { terms: { other: { sum: 4, weight: 3 } } },
  'a term more': { terms: { loss: { sum: 4, weight: 3 }, other: { sum: 4, weight: 3 } } },
  'a thousand metrics': { metrics: Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`m${i}`, { sum: 1, weight: 1 }])) },
  'a sample of another microbatch': { weights: { samples: 2, main: 2 }, unusable: [unusable(13)] },
  'a sample twice': { weights: { samples: 1, main: 1 }, unusable: [unusable(10), unusable(10)] },
  'a sample under another name': { weights: { samples: 2, main: 2 }, unusable: [unusable(10, '../secret')] },
  'centuries for a microbatch': { ms: 1e12 },
};

for (const [what, fields] of Object.entries(WRONG)) {
  test(`${what}: refused`, (t) => {
    t.throws(() => checkComputed(counts(fields), BOUNDS));
  });
}
