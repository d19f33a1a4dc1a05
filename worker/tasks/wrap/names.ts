// Names of what one of several tasks has, among those of the others.

/** Beginnings of names that tasks share: there is one trunk. */
const SHARED = /^(teacher\/)?trunk\//;
/** What must stay in front: heads are trained and teachers follow by it. */
const FRONT = /^(teacher\/)?(head\/)?/;

/** The name of a task's array of the state among those of other tasks: `head/turn/bias` of rotation is `head/rotation/turn/bias`. */
export const nameAmong = (task: string, name: string): string => (SHARED.test(name) ? name : name.replace(FRONT, (front) => `${front}${task}/`));

/** What of a record of the state is a task's own or the trunk's, by the names that the task knows. */
export function ownOf<Value>(task: string, state: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(state).flatMap(([name, value]): [string, Value][] => {
    if (SHARED.test(name)) return [[name, value]];
    const [front] = FRONT.exec(name)!;
    return name.startsWith(`${task}/`, front.length) ? [[front + name.slice(front.length + task.length + 1), value]] : [];
  }));
}

/** A record with every name behind a task's. */
export const putBehind = <Value>(task: string, record: Readonly<Record<string, Value>>): Record<string, Value> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [`${task}/${name}`, value]));

/** What stands behind a task's name, without it. */
export function takeBehind<Value>(task: string, record: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).flatMap(([name, value]) => (name.startsWith(`${task}/`) ? [[name.slice(task.length + 1), value]] : [])));
}
