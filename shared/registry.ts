// Names looked up in a registry, a literal object: its own keys only, whatever a recipe, a flag or a socket gives.

import { PretextError } from './errors/pretext-error.js';
import { suggest } from './recipe/suggest.js';

export type Registry<Entry = unknown> = Readonly<Record<string, Entry>>;

/** Whether the registry itself has the name: `constructor` and the like are no entries. */
export function hasName<Known extends Registry>(registry: Known, name: string): name is keyof Known & string {
  return Object.hasOwn(registry, name);
}

/** What is wrong with a name that none of `known` is: `expected one of a, b, given "c"; did you mean a?`. */
export function describeUnknown(known: readonly string[], name: string): string {
  const meant = suggest(name, known);
  return `expected one of ${known.join(', ')}, given ${JSON.stringify(name)}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

/** The entry of a name. `kind` says in the error what was looked up, such as `task`. Throws PretextError BAD_ARGUMENT. */
export function lookUp<Entry>(kind: string, registry: Registry<Entry>, name: string): Entry {
  if (hasName(registry, name)) return registry[name]!;
  throw new PretextError('BAD_ARGUMENT', `${kind}: ${describeUnknown(Object.keys(registry), name)}`);
}
