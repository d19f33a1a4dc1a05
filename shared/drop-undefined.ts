// Optional values on their way into options: a key that holds nothing is left out, as exactOptionalPropertyTypes wants it.

export type Present<Type> = { [Key in keyof Type]?: Exclude<Type[Key], undefined> };

/** A copy without the keys that hold undefined. */
export function dropUndefined<Type extends object>(value: Type): Present<Type> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Present<Type>;
}
