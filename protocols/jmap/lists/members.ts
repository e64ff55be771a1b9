import { z } from 'zod'
import { normalizeAddress } from '#formats/message'
import { addToList, readInvited, readMembers, removeMember, resumeMember, type KnownMember } from '#mail/lists'
import { Refusal } from '#system'
import { id } from '../calls/arguments.ts'
import { MethodError } from '../calls/errors.ts'
import { method } from '../calls/method.ts'
import { utcDateOf } from '../mail/ids.ts'
import { loadOwn } from './lists.ts'

/** Members of lists, named by their addresses. docs/jmap-extensions.md. */

const ofList = { accountId: id, listId: id }

/** Addresses in one call. */
const emails = z.array(z.string().max(320)).min(1).max(1000)

const shown = ({ address, since }: KnownMember, standing: string) => ({
  email: address,
  state: standing,
  since: utcDateOf(since),
})

/** In their order; those who were asked stand among the others. */
const members = method({
  name: 'MailList/members',
  args: z.strictObject(ofList),
  async run(session, { accountId, listId }) {
    const list = await loadOwn(session.openAccount(accountId), listId)
    const [known, asked] = await Promise.all([readMembers(list), readInvited(list)])
    const all = [
      ...known.map((one) => shown(one, one.isPaused === true ? 'paused' : 'member')),
      ...asked.map((one) => shown(one, 'invited')),
    ]
    return { accountId, listId, list: all.toSorted((a, b) => (a.email < b.email ? -1 : 1)) }
  },
})

const add = method({
  name: 'MailList/add',
  args: z.strictObject({ ...ofList, emails }),
  async run(session, { accountId, listId, emails: given }) {
    const list = await loadOwn(session.openAccount(accountId), listId)
    const { storage, config } = session.context
    const typed = [...new Set(given.map((one) => one.trim()))]
    const isAddress = (one: string): boolean => normalizeAddress(one) !== undefined
    try {
      const added = await addToList(storage, config, list, typed.filter(isAddress), 'owner')
      return { accountId, listId, ...added, invalid: typed.filter((one) => !isAddress(one)) }
    } catch (error) {
      if (error instanceof Refusal && error.reason === 'tooManyRecipients')
        throw new MethodError('requestTooLarge', 'maxMembers')
      throw error
    }
  },
})

const takeOff = method({
  name: 'MailList/takeOff',
  args: z.strictObject({ ...ofList, emails }),
  async run(session, { accountId, listId, emails: given }) {
    const list = await loadOwn(session.openAccount(accountId), listId)
    const taken: string[] = []
    for (const one of new Set(given)) if (await removeMember(list, one)) taken.push(one)
    return { accountId, listId, takenOff: taken }
  },
})

const resume = method({
  name: 'MailList/resume',
  args: z.strictObject({ ...ofList, email: z.string().max(320) }),
  async run(session, { accountId, listId, email }) {
    await resumeMember(await loadOwn(session.openAccount(accountId), listId), email)
    return { accountId, listId }
  },
})

export const memberMethods = [members, add, takeOff, resume]
