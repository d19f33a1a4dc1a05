// Arrays that follow those of a network: a teacher (mean teacher, momentum encoder) has one for each of the student's.

import type { StateSpec, TeacherSpec } from '../../shared/state/spec.js';

/** What a teacher's names begin with; what follows is the name in the student. */
export const TEACHER_PREFIX = 'teacher/';

/** The teacher of all these arrays: trained ones, running statistics, constants. */
export function teachersOf(student: readonly StateSpec[], momentum: TeacherSpec['momentum']): TeacherSpec[] {
  return student.map(({ name, shape }) => ({ kind: 'teacher', name: `${TEACHER_PREFIX}${name}`, shape, of: name, momentum }));
}
