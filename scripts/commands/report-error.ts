// How a command ends in an error: one sentence, what to do next, an exit code.

import { PretextError, messageOf } from '../../shared/errors/pretext-error.js';
import { escapeControls } from '../../shared/log/escape-controls.js';
import { exitCodeOf } from './exit-codes.js';

/** Indents the lines after the first. Several problems with a recipe stand below one sentence, each on a line of its own. */
function formatForPeople(message: string, hint: string | undefined, isRecipe: boolean): string {
  const [first, ...rest] = message.split('\n').map(escapeControls);
  const setIn = (texts: readonly (string | undefined)[]): string[] => texts.map((text) => `  ${text}`);
  const lines = isRecipe && rest.length > 0 ? ['error: the recipe cannot be used', ...setIn([first, ...rest])] : [`error: ${first}`, ...setIn(rest)];
  return [...lines, ...(hint === undefined ? [] : [`  ${hint}`])].join('\n');
}

function formatAsJson(error: unknown, message: string, hint: string | undefined): string {
  const code = error instanceof PretextError ? error.code : 'INTERNAL';
  return JSON.stringify({ error: { code, message, ...(hint === undefined ? {} : { hint }) } });
}

/** Writes the error to stderr and returns the exit code. The stack is for PRETEXT_DEBUG=1 only. */
export function reportError(error: unknown, options: { readonly asJson: boolean }): number {
  const message = messageOf(error);
  const isKnown = error instanceof PretextError;
  const hint = isKnown ? error.hint : 'This is a bug in Pretext. Set PRETEXT_DEBUG=1 to see where it comes from.';
  process.stderr.write(`${options.asJson ? formatAsJson(error, message, hint) : formatForPeople(message, hint, isKnown && error.code === 'BAD_RECIPE')}\n`);
  if (process.env['PRETEXT_DEBUG'] === '1' && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  return exitCodeOf(isKnown ? error.code : undefined);
}
