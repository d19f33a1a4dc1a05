// Many things in a few words. Pure.

const MAX_NAMED = 5;

/** Counts by name, the most frequent first. */
export function countBy<Value>(values: readonly Value[], nameOf: (value: Value) => string | undefined): [name: string, count: number][] {
  const counts = new Map<string, number>();
  for (const value of values) {
    const name = nameOf(value);
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
}

/** A few of many, with a word for the rest. */
export function nameSome(names: readonly string[], max = MAX_NAMED): string {
  return names.length <= max ? names.join(', ') : `${names.slice(0, max).join(', ')} and ${names.length - max} more`;
}
