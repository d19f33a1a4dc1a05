// Lines on their way to a terminal: paths, names of classes and reasons in them come from elsewhere, and must not drive it.

import { escapeControls } from '../../shared/log/escape-controls.js';

/** Text that ends with the last line; none where there is no line. */
export const formatLines = (lines: readonly string[]): string => lines.map((line) => `${escapeControls(line)}\n`).join('');
