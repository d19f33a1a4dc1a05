// What jigsaw learns in a minute, and what its guards keep from it.

import anyTest, { type TestFn } from 'ava';
import { testPatchesTask } from '../../../helpers/patch-lessons.js';

testPatchesTask(anyTest.serial as TestFn, { name: 'jigsaw', options: { permutations: 6 }, chance: 1 / 6, steps: 100 });
