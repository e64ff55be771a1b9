import { z } from 'zod'
import { folderListChanges, type ListState } from '#items'
import {
  mailboxOfQuery,
  needsKeyword,
  queryMessages,
  SORT_PROPERTIES,
  type MessageFilter,
  type MessageOrder,
  type MessageQuery,
} from '#mail'
import { Refusal } from '#system'
import { unsignedInt, utcDate } from '../../calls/arguments.ts'
import { MethodError } from '../../calls/errors.ts'
import { queryChangesMethod, queryMethod, type Question } from '../../families/query.ts'
import { emailIds, mailboxIds, mailboxNumber } from '../ids.ts'
import { emailState } from '../states.ts'

/** As in any sensible search; text that is longer is looked for by nobody. */
const searched = z.string().max(1000)
const keyword = z.string().max(255)

/** What can be filtered by: RFC 8621 §4.4.1, and `attachmentName`, which is ours. */
export const conditions = {
  inMailbox: mailboxNumber,
  inMailboxOtherThan: z.array(mailboxNumber).max(5000),
  before: utcDate,
  after: utcDate,
  minSize: unsignedInt,
  maxSize: unsignedInt,
  allInThreadHaveKeyword: keyword,
  someInThreadHaveKeyword: keyword,
  noneInThreadHaveKeyword: keyword,
  hasKeyword: keyword,
  notKeyword: keyword,
  hasAttachment: z.boolean(),
  text: searched,
  from: searched,
  to: searched,
  cc: searched,
  bcc: searched,
  subject: searched,
  body: searched,
  attachmentName: searched,
  header: z
    .tuple([z.string().regex(/^[!-9;-~]{1,100}$/, 'not the name of a header field')])
    .rest(searched)
    .refine(({ length }) => length <= 2, 'one name and at most one text'),
}

const description = {
  type: 'Email',
  conditions,
  sorts: SORT_PROPERTIES,
  args: { collapseThreads: z.boolean().default(false) },
}

/** Email/query, RFC 8621 §4.4. */
export const query = queryMethod({
  ...description,
  async run(_session, account, question, { anchor, ...window }) {
    const asked = queryOf(question)
    const anchorNumber = anchor === null ? undefined : (emailIds.numberOf(anchor) ?? 0)
    const found = await queryMessages(account, asked, { ...window, anchor: anchorNumber }).catch(tooMuch)
    if (found === undefined) throw new MethodError('anchorNotFound')
    const mailbox = mailboxOfQuery(asked)
    return {
      queryState:
        'uidNext' in found.state && mailbox !== undefined
          ? listState(mailbox, found.state)
          : String(found.state.change),
      canCalculateChanges: mailbox !== undefined,
      position: found.position,
      ids: found.ids.map(emailIds.of),
      total: found.total,
    }
  },
})

/** Items that may have come and gone; who has missed more asks for the page again. */
const MOST_CHANGES = 5000

/** Email/queryChanges, RFC 8621 §4.5: of the list of a mailbox, newest first. */
export const queryChanges = queryChangesMethod({
  ...description,
  async run(_session, account, question, { queryState, calculateTotal, most }) {
    const asked = queryOf(question)
    const folderId = mailboxOfQuery(asked)
    if (folderId === undefined) return unchanged(queryState, calculateTotal, await emailState(account))
    const since = listStateIn(folderId, queryState)
    const changes = await folderListChanges(account, { ...asked, folderId }, since, MOST_CHANGES).catch(
      (error: unknown) => {
        if (!(error instanceof Refusal && error.reason === 'tooManyItems')) throw error
        throw most === null ? new Refusal('cannotCalculateChanges') : new MethodError('tooManyChanges')
      },
    )
    if (changes === undefined) throw new Refusal('cannotCalculateChanges')
    return {
      newQueryState: listState(folderId, changes.state),
      removed: changes.removed.map(emailIds.of),
      added: changes.added.map(({ id, index }) => ({ id: emailIds.of(id), index })),
      total: changes.total,
    }
  },
})

function queryOf({ filter, sort, args }: Question<unknown, { collapseThreads: boolean }>): MessageQuery {
  for (const [index, one] of sort.entries())
    if (needsKeyword(one.property) && typeof one['keyword'] !== 'string')
      throw new MethodError('invalidArguments', `sort/${index}/keyword: not a String`)
  return {
    filter: filter as MessageFilter | null,
    sort: sort as readonly unknown[] as readonly MessageOrder[],
    ...args,
  }
}

/** What is asked is more than one query may look at. */
function tooMuch(error: unknown): never {
  if (error instanceof Refusal && error.reason === 'tooManyItems')
    throw new MethodError(
      'unsupportedFilter',
      'filter: too many words, or too many messages would have to be opened; name a mailbox or a time',
    )
  throw error
}

/** Nothing may have changed at all; what did is not known. */
function unchanged(queryState: string, calculateTotal: boolean, now: string) {
  if (queryState !== now || calculateTotal) throw new Refusal('cannotCalculateChanges')
  return { newQueryState: now, removed: [], added: [] }
}

/** A mailbox's list as a queryState: which mailbox, and how its list stood. */
const listState = (folderId: number, { change, uidNext }: ListState): string =>
  `${mailboxIds.of(folderId)}-${change}-${uidNext}`

/** @throws Refusal 'cannotCalculateChanges' for what is not a state of this mailbox's list */
function listStateIn(folderId: number, queryState: string): ListState {
  const [, mailbox, change, uidNext] = /^(F\w+)-(\d{1,16})-(\d{1,16})$/.exec(queryState) ?? []
  if (mailbox !== mailboxIds.of(folderId)) throw new Refusal('cannotCalculateChanges')
  return { change: Number(change), uidNext: Number(uidNext) }
}
