import { fromOne, kind, relation } from './kinds.ts'
import type { ReadTags, TagRow } from './row.ts'

type TagRows = Readonly<Record<string, TagRow>>

const match = { group: 'match', isChoice: true } as const

/** How to compare, and by which order. RFC 5228 §2.7, RFC 5231 §4, draft-ietf-sieve-regex §4. */
const matchTags: TagRows = {
  is: match,
  contains: match,
  matches: match,
  regex: { ...match, needs: 'regex' },
  value: { ...match, needs: 'relational', value: relation, valueAs: 'relation' },
  count: { ...match, needs: 'relational', value: relation, valueAs: 'relation' },
  comparator: { value: { ...kind('string', 'the name of a comparator'), isConstant: true } },
}

/** Of the tests that can look into lists from elsewhere (RFC 6134 §2.2, and §2.9 for dates). */
export const listTags: TagRows = { list: { ...match, needs: 'extlists' } }

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

function refuseMatch(
  { match, comparator }: Readonly<ReadTags>,
  written: ReadonlyMap<string, string>,
): string | undefined {
  // RFC 6134 §2.2.
  if (match === 'list') return written.has('comparator') ? '“:list” cannot be used with a comparator.' : undefined
  // RFC 5228 §2.7.3: numbers have no parts (RFC 4790 §9.1.1), and so there is no looking for parts by their comparator.
  const looksForParts = match === 'contains' || match === 'matches' || match === 'regex'
  return looksForParts && comparator === 'i;ascii-numeric'
    ? `“:${match}” cannot be used with the comparator “i;ascii-numeric”.`
    : undefined
}

/** What a row has that compares texts. */
export function matching(more: TagRows = {}): {
  tags: TagRows
  defaults: { match: string; comparator: string }
  refuse: typeof refuseMatch
} {
  return {
    tags: { ...matchTags, ...more },
    defaults: { match: 'is', comparator: 'i;ascii-casemap' },
    refuse: refuseMatch,
  }
}
