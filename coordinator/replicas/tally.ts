// Counts by name of the latest names only: every worker that starts has another session, and they must not fill the memory.

const MAX_NAMES = 1024;

export class Tally {
  /** The latest last. */
  readonly #counts = new Map<string, number>();

  get(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** Returns the count. */
  set(name: string, count: number): number {
    this.#counts.delete(name);
    this.#counts.set(name, count);
    if (this.#counts.size > MAX_NAMES) this.#counts.delete([...this.#counts.keys()][0]!);
    return count;
  }
}
