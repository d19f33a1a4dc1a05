// Progress of a work that takes long, where somebody watches.

export function showProgress(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${what}\n`);
}
