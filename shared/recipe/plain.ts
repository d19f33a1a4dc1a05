// Values as a recipe's text gives them, before anything is validated.

export type PlainMap = Readonly<Record<string, unknown>>;

/** Lays `over` over `base`, map by map. */
export function mergePlain(base: PlainMap, over: PlainMap): Record<string, unknown> {
  const merged = Object.entries(over).map(([key, value]): [string, unknown] => {
    const below = Object.hasOwn(base, key) ? base[key] : undefined;
    return [key, isMap(below) && isMap(value) ? mergePlain(below, value) : value];
  });
  return { ...base, ...Object.fromEntries(merged) };
}

export function isMap(value: unknown): value is PlainMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
