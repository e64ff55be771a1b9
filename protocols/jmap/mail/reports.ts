import { Refusal } from '#system'
import { SetError, type SetErrorType } from '../calls/errors.ts'
import type { Outcome } from '../families/set.ts'

/**
 * What a work has to say about each wish, told only after its commit: a work may run twice (`account.write`), and the
 * first time then never was.
 */
export interface Reports extends Outcome {
  tell(outcome: Outcome): void
}

export function openReports(): Reports {
  const told: ((outcome: Outcome) => void)[] = []
  return {
    created: (creationId, shown) => void told.push((outcome) => outcome.created(creationId, shown)),
    updated: (id, shown) => void told.push((outcome) => outcome.updated(id, shown)),
    destroyed: (id) => void told.push((outcome) => outcome.destroyed(id)),
    failed: (what, id, error) => void told.push((outcome) => outcome.failed(what, id, error)),
    tell: (outcome) => told.forEach((one) => one(outcome)),
  }
}

/** The fields of a Refusal that the store names otherwise than JMAP. */
const PROPERTIES: Readonly<Record<string, string>> = { folders: 'mailboxIds' }

/** What there can be too many of. */
const TOO_MANY: Readonly<Record<string, SetErrorType>> = { keywords: 'tooManyKeywords', folders: 'tooManyMailboxes' }

/** Reasons that, said of a field, mean that something is wrong with a property and not with the object itself. */
const WRONG: ReadonlySet<string> = new Set(['notFound', 'exists', 'invalid'])

/** Words a Refusal of the store as a SetError of RFC 8621; anything else stays what it is. */
export function mailError(error: unknown): unknown {
  if (!(error instanceof Refusal)) return error
  const [field] = error.fields
  const tooMany = field === undefined ? undefined : TOO_MANY[field]
  if (error.reason === 'tooManyItems' && tooMany !== undefined) return new SetError(tooMany)
  if (field === undefined || !WRONG.has(error.reason)) return error
  const properties = error.fields.map((name) => PROPERTIES[name] ?? name)
  return new SetError('invalidProperties', error.reason === 'exists' ? 'there is another one' : undefined, {
    properties,
  })
}
