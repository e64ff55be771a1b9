import type { z } from 'zod'
import { SetError } from './errors.ts'

/** The properties of an object as a schema has them. @throws SetError 'invalidProperties' with the names of what does not fit */
export function checkProperties<Schema extends z.ZodType>(schema: Schema, given: unknown): z.output<Schema> {
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data
  // Names of unknown properties stand in the issue, those of wrong ones in its path.
  const names = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : [String(issue.path[0])],
  )
  throw new SetError('invalidProperties', undefined, { properties: [...new Set(names)] })
}
