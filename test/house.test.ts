// The rules of the house that can be checked by reading: who may import whom, no circles, no long files and functions.

import test from 'ava';
import { readSources, type Source } from './helpers/sources.js';

const MAX_FILE_LINES = 250;

/** The rooms whose files a room's files may import, by their first folder. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  shared: ['shared'],
  coordinator: ['coordinator', 'shared'],
  worker: ['worker', 'shared'],
  scripts: ['scripts', 'coordinator', 'worker', 'shared'],
  test: ['test', 'scripts', 'coordinator', 'worker', 'shared'],
};

const sources = readSources();
const roomOf = (path: string): string => path.split('/')[0]!;

test('every import is of a file that is there', (t) => {
  const paths = new Set(sources.map(({ path }) => path));
  t.true(paths.has('worker/main.ts') && paths.has('coordinator/main.ts'));
  const missing = sources.flatMap(({ path, imports }) => imports.filter((each) => !paths.has(each.path)).map((each) => `${path}: ${each.path}`));
  t.deepEqual(missing, []);
});

test('no room imports a higher one', (t) => {
  const wrong = sources.flatMap(({ path, imports }) =>
    imports.filter((each) => !MAY_IMPORT[roomOf(path)]!.includes(roomOf(each.path))).map((each) => `${path} imports ${each.path}`));
  t.deepEqual(wrong, []);
});

/** A circle of files that load each other, its first file again at its end; undefined where there is none. */
function findCircle(files: readonly Source[]): string[] | undefined {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  function follow(path: string, way: readonly string[]): string[] | undefined {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const each of byPath.get(path)?.imports ?? []) {
      const circle = each.isLoaded ? follow(each.path, [...way, path]) : undefined;
      if (circle !== undefined) return circle;
    }
    done.add(path);
    return undefined;
  }
  return files.map(({ path }) => follow(path, [])).find((circle) => circle !== undefined);
}

test('no files load each other in a circle', (t) => {
  t.is(findCircle(sources)?.join(' -> '), undefined);
  const file = (path: string, ...imports: string[]): Source => ({ path, lines: 1, longFunctions: [], imports: imports.map((each) => ({ path: each, isLoaded: true })) });
  t.deepEqual(findCircle([file('a', 'b', 'd'), file('b', 'c'), file('c', 'b'), file('d')]), ['b', 'c', 'b']);
});

test('no file is longer than it should be', (t) => {
  const long = sources.filter(({ lines }) => lines > MAX_FILE_LINES).map(({ path, lines }) => `${path}: ${lines} lines`);
  t.deepEqual(long, []);
});

test('no function is longer than 60 lines without a reason at its head', (t) => {
  const long = sources.flatMap(({ path, longFunctions }) =>
    longFunctions.filter((each) => !each.isExplained).map(({ line, lines }) => `${path}:${line}: ${lines} lines`));
  t.deepEqual(long, []);
});
