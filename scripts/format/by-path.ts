// What is said of files, a line each, all of it beginning at one place.

/** Lines without their ends. */
export function formatByPath<Said extends { readonly path: string }>(all: readonly Said[], say: (each: Said) => string): string[] {
  const longest = all.reduce((most, { path }) => Math.max(most, path.length), 0);
  return all.map((each) => `${each.path.padEnd(longest)}  ${say(each)}`);
}
