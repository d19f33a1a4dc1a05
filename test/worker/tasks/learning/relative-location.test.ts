// What relative-location learns in a minute, and what its guards keep from it.

import anyTest, { type TestFn } from 'ava';
import { testPatchesTask } from '../../../helpers/patch-lessons.js';

testPatchesTask(anyTest.serial as TestFn, { name: 'relative-location', chance: 1 / 8, steps: 150 });
