// The workers of a node as one row of a table: NODE/DEVICE is what it calls the one of a device. Pure.

type Row = Readonly<Record<string, unknown>>;

/** One row for each node and each worker of its own, in the order in which they first come. */
export function groupByNode(workers: readonly Row[]): Row[] {
  const nodes = new Map<string, Row[]>();
  for (const worker of workers) {
    const [node, device] = splitName(worker['id']);
    nodes.set(node, [...(nodes.get(node) ?? []), device === undefined ? worker : { ...worker, id: node, device }]);
  }
  return [...nodes.values()].flatMap((rows) => (rows.every(({ device }) => device === undefined) ? rows : [mergeRows(rows)]));
}

function splitName(id: unknown): [node: string, device?: string] {
  const name = String(id);
  const at = name.lastIndexOf('/');
  return at <= 0 ? [name] : [name.slice(0, at), name.slice(at + 1)];
}

/** The node is in the state of most of its devices; others are shown with their own. */
function mergeRows(rows: readonly Row[]): Row {
  const states = rows.map(({ state }) => state);
  const countOf = (state: unknown): number => states.filter((each) => each === state).length;
  const usual = states.reduce((most, state) => (countOf(state) > countOf(most) ? state : most));
  const first = Object.fromEntries(Object.entries(rows[0]!).filter(([key]) => key !== 'device'));
  const devices = rows.map(({ device, state }) => [device ?? '-', ...(state === usual ? [] : [state])].join(' '));
  return { ...first, state: usual, ...combine(rows, 'step', Math.max), ...combine(rows, 'samples', (a, b) => a + b), devices: devices.join(', ') };
}

function combine(rows: readonly Row[], key: string, by: (a: number, b: number) => number): Row {
  const values = rows.map((row) => row[key]).filter((value) => typeof value === 'number');
  return values.length === 0 ? {} : { [key]: values.reduce((a, b) => by(a, b)) };
}
