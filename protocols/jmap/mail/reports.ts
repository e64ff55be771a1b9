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

/** What the store calls by another name than JMAP. */
const PROPERTIES: Readonly<Record<string, string>> = { folders: 'mailboxIds' }

/** What the fields of a Refusal mean here: something is wrong with these properties, not with the object itself. */
const TOO_MANY: Readonly<Record<string, SetErrorType>> = { keywords: 'tooManyKeywords', folders: 'tooManyMailboxes' }

/** Words a Refusal of the store as a SetError of RFC 8621; anything else stays what it is. */
export function mailError(error: unknown): unknown {
  if (!(error instanceof Refusal) || error.fields.length === 0) return error
  const tooMany = TOO_MANY[error.fields[0] as string]
  if (error.reason === 'tooManyItems') return tooMany === undefined ? error : new SetError(tooMany)
  const description = error.reason === 'exists' ? 'there is another one' : undefined
  const isWrong = error.reason === 'notFound' || error.reason === 'exists' || error.reason === 'invalid'
  const properties = error.fields.map((field) => PROPERTIES[field] ?? field)
  return isWrong ? new SetError('invalidProperties', description, { properties }) : error
}
