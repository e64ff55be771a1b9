import { z } from 'zod'
import { POSTINGS } from '#accounts'
import { recordChanges, recordState } from '#items'
import {
  changeList,
  countHeld,
  countMembers,
  createList,
  LIST,
  readLists,
  removeList,
  type OpenList,
} from '#mail/lists'
import type { OpenAccount } from '#storage'
import { Refusal } from '#system'
import { line } from '../calls/arguments.ts'
import { MethodError, SetError } from '../calls/errors.ts'
import { checkProperties } from '../calls/properties.ts'
import { changesMethod } from '../families/changes.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { changesOf, pointOf } from '../families/points.ts'
import { oneByOne, setMethod } from '../families/set.ts'
import { idsWith } from '../ids.ts'
import { applyPatch } from '../json/patch.ts'

/** Distribution lists of the account. docs/jmap-extensions.md. */
const type = 'MailList'
export const listIds = idsWith('L')

const Given = z.strictObject({
  email: z.string().max(320),
  name: line(200),
  posting: z.enum(POSTINGS).default('members'),
})
const Changeable = Given.omit({ email: true })

/** Of lists, of members of theirs and of letters that wait: whatever of these changes touches the list. */
export const state = async (account: OpenAccount): Promise<string> => String(await recordState(account, LIST))

async function load(account: OpenAccount, ids: readonly number[] | null): Promise<Shown[]> {
  const [lists, members, held] = await Promise.all([readLists(account, ids), countMembers(account), countHeld(account)])
  return lists.map(({ id, address, name, posting }) => ({
    id: listIds.of(id),
    email: address,
    name,
    posting,
    ...(members.get(id) ?? { members: 0, paused: 0, invited: 0 }),
    held: held.get(id) ?? 0,
  }))
}

const get = getMethod({
  type,
  properties: ['email', 'name', 'posting', 'members', 'paused', 'invited', 'held'],
  state,
  load: (_session, account, wanted) => load(account, wanted.ids === null ? null : listIds.numbersOf(wanted.ids)),
})

const changes = changesMethod({
  type,
  changes: async (account, since, most) =>
    changesOf(await recordChanges(account, LIST, pointOf(since), most), listIds.of),
})

/** Why a list is not made, for a client that says it beside the field. */
const TAKEN: Partial<Record<string, string>> = {
  exists: 'address.taken',
  addressFormer: 'address.taken',
  domainUnknown: 'domain',
}

const set = setMethod({
  type,
  state,
  apply: oneByOne({
    async create({ context: { storage, config } }, account, given) {
      const { email, ...wished } = checkProperties(Given, given)
      try {
        const { id } = await createList(
          storage,
          account,
          { address: email.trim(), ...wished },
          { by: 'owner', most: config.lists.most },
        )
        return (await load(account, [id]))[0] as Shown
      } catch (error) {
        const field = error instanceof Refusal ? TAKEN[error.reason] : undefined
        throw field === undefined ? error : new SetError('invalidProperties', undefined, { properties: [field] })
      }
    },
    async update(_session, account, id, patch) {
      const list = await findOwn(account, id)
      const before = (await load(account, [list.id]))[0] as Shown
      const { name, posting, ...after } = applyPatch(before, patch)
      const wrong = Object.keys({ ...before, ...after }).filter(
        (key) => key !== 'name' && key !== 'posting' && JSON.stringify(after[key]) !== JSON.stringify(before[key]),
      )
      if (wrong.length > 0) throw new SetError('invalidProperties', undefined, { properties: wrong })
      await changeList(list, checkProperties(Changeable, { name, posting }))
      return null
    },
    async destroy(_session, account, id) {
      await removeList(await findOwn(account, id))
    },
  }),
})

async function findOwn(account: OpenAccount, id: string): Promise<OpenList> {
  const [list] = await readLists(account, listIds.numbersOf([id]))
  if (list === undefined) throw new SetError('notFound')
  return list
}

/** The list that a call is about. @throws MethodError 'invalidArguments' */
export async function loadOwn(account: OpenAccount, id: string): Promise<OpenList> {
  const [list] = await readLists(account, listIds.numbersOf([id]))
  if (list === undefined) throw new MethodError('invalidArguments', 'listId: there is no such list')
  return list
}

export const listMethods = [get, changes, set]
export const listType = { name: type, state }
