// Progress of a work that takes long, where somebody watches.

import { formatLines } from '../format/lines.js';

export function showProgress(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(formatLines([what]));
}
