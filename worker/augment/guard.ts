// An option of a recipe that turns one guard of a task off.

import { z } from 'zod';

/** A guard, on unless it is turned off; `what` says what it does against which shortcut. */
export const guard = (what: string): z.ZodDefault<z.ZodBoolean> => z.boolean().default(true).describe(what);
