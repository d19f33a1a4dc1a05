// The promise for instance discrimination: its bank is part of the state that must be the same everywhere.

import anyTest, { type TestFn } from 'ava';
import { makeImages } from '../helpers/data.js';
import { testSameBits } from '../helpers/same-bits.js';

// Fewer negatives than pictures, so that they are drawn.
const flags = ['--task', 'instance', '--set', 'task.options.negatives=9', '--set', 'task.options.dims=16'];

testSameBits(anyTest.serial as TestFn, 'instance', { flags, steps: 16, checkpointEvery: 6, makeData: (folder) => makeImages(folder), isOnlyLong: true });
