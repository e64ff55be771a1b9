import { hash } from 'node:crypto'
import { z } from 'zod'
import { addAlias, allAddressesOf, choosePrimary, removeAlias, usableDomains, type OwnAddress } from '#accounts'
import { makeDefaultIdentities } from '#mail/identities'
import type { OpenAccount } from '#storage'
import { id } from '../calls/arguments.ts'
import { SetError } from '../calls/errors.ts'
import { method, type CallSession } from '../calls/method.ts'
import { checkProperties } from '../calls/properties.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { oneByOne, setMethod } from '../families/set.ts'
import { applyPatch } from '../json/patch.ts'
import { utcDateOf } from '../mail/ids.ts'

/** The addresses by which a person is known. docs/jmap-extensions.md. */
const type = 'Address'
const properties = ['email', 'isPrimary', 'since']

const Given = z.strictObject({ email: z.string().max(320) })

const load = async ({ context }: CallSession, account: OpenAccount): Promise<Shown[]> =>
  (await allAddressesOf(context.storage, account.id))
    .filter(({ kind, removedAt }) => kind !== 'masked' && removedAt === null)
    .map(show)

/** They have no change number: this is what is there, and it is not pushed. */
const state = async (account: OpenAccount, session: CallSession): Promise<string> =>
  hash('sha256', JSON.stringify(await load(session, account)), 'base64url').slice(0, 16)

const get = getMethod({
  type,
  properties,
  state,
  async load(session, account, { ids }) {
    const all = await load(session, account)
    return ids === null ? all : all.filter((one) => ids.includes(one.id))
  },
})

const set = setMethod({
  type,
  state,
  apply: oneByOne({
    async create(session, account, given) {
      const { storage, config } = session.context
      const { email } = checkProperties(Given, given)
      const known = await addAlias(storage, account, email, { by: 'owner', most: config.aliases.most })
      await makeDefaultIdentities(storage, account)
      return find(await load(session, account), idOf(known))
    },
    async update(session, account, id, patch) {
      const before = find(await load(session, account), id)
      const after = applyPatch(before, patch)
      const wrong = Object.keys({ ...before, ...after }).filter(
        (name) => name !== 'isPrimary' && JSON.stringify(after[name]) !== JSON.stringify(before[name]),
      )
      // That it is no more the first one is said by choosing another.
      if (after['isPrimary'] !== true && after['isPrimary'] !== before['isPrimary']) wrong.push('isPrimary')
      if (wrong.length > 0) throw new SetError('invalidProperties', undefined, { properties: wrong })
      if (after['isPrimary'] === true) await choosePrimary(session.context.storage, account, String(before['email']))
      return null
    },
    async destroy(session, account, id) {
      const { storage } = session.context
      await removeAlias(storage, account, String(find(await load(session, account), id)['email']))
      await makeDefaultIdentities(storage, account)
    },
  }),
})

/** In which domains an alias or a masked address may be. */
const domains = method({
  name: 'Address/domains',
  args: z.strictObject({ accountId: id }),
  async run(session, { accountId }) {
    const account = session.openAccount(accountId)
    return { accountId, domains: await usableDomains(session.context.storage, account.id) }
  },
})

function find(all: readonly Shown[], id: string): Shown {
  const found = all.find((one) => one.id === id)
  if (found === undefined) throw new SetError('notFound')
  return found
}

/** Addresses have no number. */
const idOf = (address: string): string => `A${hash('sha256', address, 'hex').slice(0, 20)}`

const show = ({ address, kind, since }: OwnAddress): Shown => ({
  id: idOf(address),
  email: address,
  isPrimary: kind === 'primary',
  since: utcDateOf(since),
})

export const addressMethods = [get, set, domains]
