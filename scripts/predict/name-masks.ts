// Names of masks in a folder of their own, by the paths of their pictures: `a/1.jpg` has `a/1.png`, as masks are found that are learnt from. Pure.

/** A path that begins in the folder: nothing of a name leads out of it. */
const keepInside = (path: string): string => path.split(/[/\\]/).filter((part) => !['', '.', '..'].includes(part) && !/^[a-z]:$/i.test(part)).join('/');

/** The first that is free of `1.png`, `1.jpg.png`, `1.jpg.2.png` and on. Names that differ in case alone are one on some disks. `folders`: where other masks lie. */
function findFree(path: string, taken: ReadonlySet<string>, folders: ReadonlySet<string>): string {
  const stems = [path.replace(/\.[^./]*$/, ''), path];
  for (let count = 0; ; count++) {
    const name = `${stems[count] ?? `${path}.${count}`}.png`;
    if (!taken.has(name.toLowerCase()) && !folders.has(name.toLowerCase())) return name;
  }
}

/** Folders that a path lies in, within each other. */
function foldersOf(path: string): string[] {
  const parts = path.toLowerCase().split('/');
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/'));
}

/** By path. A picture that was named twice has one mask. */
export function nameMasks(paths: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const folders = new Set(paths.flatMap((path) => foldersOf(keepInside(path))));
  for (const path of paths) {
    if (names.has(path)) continue;
    const name = findFree(keepInside(path), taken, folders);
    names.set(path, name);
    taken.add(name.toLowerCase());
  }
  return names;
}
