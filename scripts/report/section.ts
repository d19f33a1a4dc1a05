// What a part of a report is: a file that makes HTML of what is known of a run, and a line in sections/index.ts.

import type { Html } from './html.js';
import type { RunData } from './run-data.js';

export interface Section {
  /** What links name it by. */
  readonly id: string;
  readonly title: string;
  /** Undefined where the run has no such data. It may read files of the run's folder besides. */
  render(run: RunData): Html | undefined | Promise<Html | undefined>;
}
