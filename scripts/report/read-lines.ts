// Lines of JSON from a file that nothing depends on: what cannot be read is left out.

import { readFile } from 'node:fs/promises';

export async function readLines<Line>(path: string): Promise<Line[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as Line];
    } catch {
      return [];
    }
  });
}
