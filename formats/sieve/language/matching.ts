import { fromOne, kind, relation } from './kinds.ts'
import type { ReadTags, TagRow } from './row.ts'

type TagRows = Readonly<Record<string, TagRow>>

const match = { group: 'match', isChoice: true } as const

/** How to compare, and by which order. RFC 5228 §2.7, RFC 5231 §4, draft-ietf-sieve-regex §4, RFC 6134 §2.2. */
const matchTags: TagRows = {
  is: match,
  contains: match,
  matches: match,
  regex: { ...match, needs: 'regex' },
  value: { ...match, needs: 'relational', value: relation, valueAs: 'relation' },
  count: { ...match, needs: 'relational', value: relation, valueAs: 'relation' },
  list: { ...match, needs: 'extlists' },
  comparator: { value: { ...kind('string', 'the name of a comparator'), isConstant: true } },
}

const part = { group: 'addressPart', isChoice: true } as const

/** RFC 5228 §2.7.4, RFC 5233 §4. */
export const addressPartTags: TagRows = {
  all: part,
  localpart: part,
  domain: part,
  user: { ...part, needs: 'subaddress' },
  detail: { ...part, needs: 'subaddress' },
}

/** RFC 5260 §6. */
export const indexTags: TagRows = {
  index: { needs: 'index', value: fromOne },
  last: { needs: 'index', with: 'index' },
}

/** RFC 4790 §9.1.1: numbers have no parts, and so there is no looking for parts by their comparator; it is an error by RFC 5228 §2.7.3. */
function refuseParts({ match, comparator }: Readonly<ReadTags>): string | undefined {
  const looksForParts = match === 'contains' || match === 'matches' || match === 'regex'
  return looksForParts && comparator === 'i;ascii-numeric'
    ? `“:${match}” cannot be used with the comparator “i;ascii-numeric”.`
    : undefined
}

/** What a row has that compares texts. */
export function matching(more: TagRows = {}): {
  tags: TagRows
  defaults: { match: string; comparator: string }
  refuse: typeof refuseParts
} {
  return {
    tags: { ...matchTags, ...more },
    defaults: { match: 'is', comparator: 'i;ascii-casemap' },
    refuse: refuseParts,
  }
}
