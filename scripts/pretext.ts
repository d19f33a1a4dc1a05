#!/usr/bin/env node
// Where the command `pretext` begins: it listens for signals before it reads the rest of itself, which takes a while on a cold machine.

import { listenEarly } from './commands/early-signals.js';

listenEarly(process.argv[2]);
await import('./program.js');
