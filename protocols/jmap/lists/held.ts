import { z } from 'zod'
import { acceptHeld, LONGEST_REASON, readHeld, refuseHeld, type HeldLetter } from '#mail/lists'
import { Refusal } from '#system'
import { id, orNull } from '../calls/arguments.ts'
import { setError, type SetError } from '../calls/errors.ts'
import { method } from '../calls/method.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { idsWith } from '../ids.ts'
import { utcDateOf } from '../mail/ids.ts'
import { listIds, state } from './lists.ts'

/** Letters to lists that wait for the owner. docs/jmap-extensions.md. */
const type = 'HeldLetter'
const ids = idsWith('h')

/** No list has this number. */
const NONE = 0

const show = (one: HeldLetter): Shown => ({
  id: ids.of(one.id),
  listId: listIds.of(one.listId),
  from: one.from,
  subject: one.subject,
  preview: one.preview,
  hasAttachment: one.hasAttachment,
  size: one.size,
  mayAnswer: one.author !== undefined,
  heldAt: utcDateOf(one.heldAt),
  endsAt: utcDateOf(one.endsAt),
})

const get = getMethod({
  type,
  properties: ['listId', 'from', 'subject', 'preview', 'hasAttachment', 'size', 'mayAnswer', 'heldAt', 'endsAt'],
  state,
  args: { listId: orNull(id) },
  load: async (_session, account, { ids: wanted, args: { listId } }) =>
    (
      await readHeld(account, {
        ids: wanted === null ? null : ids.numbersOf(wanted),
        listId: listId === null ? null : (listIds.numberOf(listId) ?? NONE),
      })
    ).map(show),
})

const decide = method({
  name: `${type}/decide`,
  args: z.strictObject({
    accountId: id,
    ids: z.array(id).min(1).max(500),
    accept: z.boolean(),
    reason: orNull(z.string().max(LONGEST_REASON)),
  }),
  async run(session, { accountId, ids: given, accept, reason }) {
    const account = session.openAccount(accountId)
    const { storage, config } = session.context
    const decided: string[] = []
    const notDecided: Record<string, SetError> = {}
    for (const one of new Set(given))
      try {
        const number = ids.numberOf(one)
        if (number === undefined) throw new Refusal('notFound')
        if (accept) await acceptHeld(storage, config, account, number)
        else await refuseHeld(storage, config, account, number, reason ?? undefined)
        decided.push(one)
      } catch (error) {
        const said = setError(error)
        if (said === undefined) throw error
        notDecided[one] = said
      }
    return { accountId, decided, notDecided: Object.keys(notDecided).length === 0 ? null : notDecided }
  },
})

export const heldMethods = [get, decide]
