import type { MessageUpdate, SetChange } from '#mail'
import { SetError } from '../../calls/errors.ts'
import type { CallSession } from '../../calls/method.ts'
import { tokensOf } from '../../json/references.ts'
import { mailboxIds } from '../ids.ts'

type Json = Record<string, unknown>

const invalid = (property: string, description?: string): SetError =>
  new SetError('invalidProperties', description, { properties: [property] })

/** The names in a set such as `{ "$seen": true }`. @throws SetError 'invalidProperties' */
function membersOf(property: string, value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(property, 'not a set')
  const entries = Object.entries(value)
  if (entries.some(([, isMember]) => isMember !== true)) throw invalid(property, 'a member of a set is true')
  return entries.map(([name]) => name)
}

/** The mailboxes that an Email is put into: at least one. @throws SetError 'invalidProperties' */
export function mailboxesOf(session: CallSession, value: unknown): number[] {
  const numbers = membersOf('mailboxIds', value).map((id) => mailboxNumberOf(session, id))
  if (numbers.length === 0) throw invalid('mailboxIds', 'a message is in one mailbox at least')
  return numbers
}

function mailboxNumberOf(session: CallSession, id: string): number {
  const number = mailboxIds.numberOf(session.realId(id) ?? '')
  if (number === undefined) throw invalid('mailboxIds', 'there is no such mailbox')
  return number
}

/** @throws SetError 'invalidProperties' */
export const keywordsOf = (value: unknown): string[] => membersOf('keywords', value ?? {})

/** What a PatchObject changes, and what else it names, which no one may change. */
export interface EmailPatch {
  update: MessageUpdate
  others: ReadonlyMap<string, unknown>
}

/**
 * Reads a PatchObject of an Email (RFC 8620 §5.3): sets as a whole, or one member by its path.
 * @throws SetError 'invalidPatch', 'invalidProperties'
 */
export function readPatch(session: CallSession, patch: Json): EmailPatch {
  const members: Record<'keywords' | 'mailboxIds', Map<string, unknown>> = {
    keywords: new Map(),
    mailboxIds: new Map(),
  }
  const others = new Map<string, unknown>()
  for (const [key, value] of Object.entries(patch)) {
    const [property, member, ...further] = tokensOf(`/${key}`) ?? []
    if (property === undefined) throw new SetError('invalidPatch', 'a key is not a JSON Pointer')
    if (property !== 'keywords' && property !== 'mailboxIds') others.set(key, value)
    else if (member === undefined) continue
    else if (further.length > 0) throw new SetError('invalidPatch', 'a key points into what is not there')
    else members[property].set(member, value)
  }
  const update: MessageUpdate = {}
  const keywords = setChange(patch, 'keywords', members.keywords, keywordsOf, (keyword) => keyword.toLowerCase())
  const mailboxes = setChange(
    patch,
    'mailboxIds',
    members.mailboxIds,
    (value) => mailboxesOf(session, value),
    (id) => mailboxNumberOf(session, id),
  )
  if (keywords !== undefined) update.keywords = keywords
  if (mailboxes !== undefined) update.mailboxes = mailboxes
  return { update, others }
}

function setChange<T>(
  patch: Json,
  property: string,
  members: ReadonlyMap<string, unknown>,
  whole: (value: unknown) => T[],
  one: (name: string) => T,
): SetChange<T> | undefined {
  if (Object.hasOwn(patch, property)) {
    if (members.size > 0) throw new SetError('invalidPatch', 'a key is the beginning of another')
    return { to: whole(patch[property]) }
  }
  if (members.size === 0) return undefined
  const add: T[] = []
  const remove: T[] = []
  for (const [name, value] of members) {
    if (value !== true && value !== null) throw invalid(property, 'a member of a set is true, or null to take it out')
    ;(value === true ? add : remove).push(one(name))
  }
  return { add, remove }
}
