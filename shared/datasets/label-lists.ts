// A label that lists several classes: `cat;dog`. Pure.

const SEPARATOR = ';';

/** Whether a label lists classes: one, several, or with a separator alone none. */
export const isList = (label: string): boolean => label.includes(SEPARATOR);

/** The classes of a label, each once. */
export const listClasses = (label: string): string[] => [...new Set(label.split(SEPARATOR).map((name) => name.trim()).filter((name) => name !== ''))];
