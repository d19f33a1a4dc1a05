// The promise for momentum contrast: its queue and its teacher are part of the state that must be the same everywhere.

import anyTest, { type TestFn } from 'ava';
import { makeImages } from '../helpers/data.js';
import { testSameBits } from '../helpers/same-bits.js';

// 50 rows: no multiple of a step's 20 samples.
const flags = ['--task', 'moco', '--set', 'task.options.queue=50', '--set', 'task.options.hidden=32', '--set', 'task.options.dims=16'];

testSameBits(anyTest.serial as TestFn, 'moco', { flags, steps: 16, checkpointEvery: 6, makeData: (folder) => makeImages(folder), isOnlyLong: true });
