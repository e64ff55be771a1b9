import { z } from 'zod'
import { recordChanges, recordState } from '#items'
import {
  changeMasked,
  listMasked,
  makeMasked,
  MASKED,
  removeMaskedAddress,
  type MaskedAddress as Masked,
} from '#mail/masked'
import type { OpenAccount } from '#storage'
import { line } from '../calls/arguments.ts'
import { SetError } from '../calls/errors.ts'
import type { CallSession } from '../calls/method.ts'
import { checkProperties } from '../calls/properties.ts'
import { changesMethod } from '../families/changes.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { changesOf, pointOf } from '../families/points.ts'
import { oneByOne, setMethod } from '../families/set.ts'
import { idsWith } from '../ids.ts'
import { applyPatch } from '../json/patch.ts'
import { utcDateOf } from '../mail/ids.ts'

/** Addresses for one sender each. docs/jmap-extensions.md. */
const type = 'MaskedAddress'
const ids = idsWith('X')

const Name = line(200)
const Given = z.strictObject({
  name: Name.default(''),
  prefix: z.string().max(24).nullable().default(null),
  domain: z.string().max(255).nullable().default(null),
})
const Changeable = z.strictObject({ name: Name, isOn: z.boolean() })

const state = async (account: OpenAccount): Promise<string> => String(await recordState(account, MASKED))

const get = getMethod({
  type,
  properties: ['email', 'name', 'isOn', 'createdAt', 'letters', 'lastLetterAt'],
  state,
  load: async ({ context }, account, wanted) =>
    (await listMasked(context.storage, account, wanted.ids === null ? null : ids.numbersOf(wanted.ids))).map(show),
})

const changes = changesMethod({
  type,
  changes: async (account, since, most) =>
    changesOf(await recordChanges(account, MASKED, pointOf(since), most), ids.of),
})

const set = setMethod({
  type,
  state,
  apply: oneByOne({
    async create(session, account, given) {
      const { name, prefix, domain } = checkProperties(Given, given)
      const { storage, config } = session.context
      const wished = { name, prefix: prefix ?? undefined, domain: domain ?? undefined }
      const id = await makeMasked(storage, account, config.masked, wished)
      return show(await find(session, account, ids.of(id)))
    },
    async update(session, account, id, patch) {
      const before = show(await find(session, account, id))
      const { name, isOn, ...after } = applyPatch(before, patch)
      const wrong = Object.keys({ ...before, ...after }).filter(
        (key) => key !== 'name' && key !== 'isOn' && JSON.stringify(after[key]) !== JSON.stringify(before[key]),
      )
      if (wrong.length > 0) throw new SetError('invalidProperties', undefined, { properties: wrong })
      await changeMasked(session.context.storage, account, numberOf(id), checkProperties(Changeable, { name, isOn }))
      return null
    },
    async destroy({ context }, account, id) {
      await removeMaskedAddress(context.storage, account, numberOf(id))
    },
  }),
})

function numberOf(id: string): number {
  const number = ids.numberOf(id)
  if (number === undefined) throw new SetError('notFound')
  return number
}

async function find({ context }: CallSession, account: OpenAccount, id: string): Promise<Masked> {
  const [found] = await listMasked(context.storage, account, [numberOf(id)])
  if (found === undefined) throw new SetError('notFound')
  return found
}

function show({ id, email, name, isOn, createdAt, letters, lastLetterAt }: Masked): Shown {
  return {
    id: ids.of(id),
    email,
    name,
    isOn,
    createdAt: utcDateOf(createdAt),
    letters,
    lastLetterAt: lastLetterAt === null ? null : utcDateOf(lastLetterAt),
  }
}

/** MaskedAddress/get, /changes, /set. */
export const maskedAddresses = { methods: [get, changes, set], type: { name: type, state } }
