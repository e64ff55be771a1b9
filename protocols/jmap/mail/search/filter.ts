import { orNull, object } from '../../calls/arguments.ts'
import { MethodError } from '../../calls/errors.ts'
import { parseFilter } from '../../families/filter.ts'
import { Refusal } from '#system'
import type { MessageFilter } from '#mail'
import { conditions } from '../email/query.ts'

/** The filter of an Email/query, as an argument. */
export const filterArgument = orNull(object)

export const filterOf = (raw: Record<string, unknown> | null): MessageFilter | null =>
  raw === null ? null : (parseFilter(raw, conditions) as MessageFilter)

/** A filter with more words than a search may have is one that is not supported, as in Email/query. */
export function tooMany(error: unknown): never {
  if (error instanceof Refusal && error.reason === 'tooManyItems')
    throw new MethodError('unsupportedFilter', 'filter: too many words')
  throw error
}
