import { hash } from 'node:crypto'
import { z } from 'zod'
import {
  confirmPassword,
  createAppPassword,
  listAppPasswords,
  renameAppPassword,
  revokeAppPassword,
  SCOPES,
  type AppPassword,
} from '#accounts'
import { wakeQueue } from '#mail/outbound'
import type { OpenAccount } from '#storage'
import { orNull } from '../calls/arguments.ts'
import { MethodError, SetError } from '../calls/errors.ts'
import type { CallSession } from '../calls/method.ts'
import { checkProperties } from '../calls/properties.ts'
import { sessionIdOf } from '../context.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { oneByOne, setMethod } from '../families/set.ts'
import { idsWith } from '../ids.ts'
import { applyPatch } from '../json/patch.ts'
import { utcDateOf } from '../mail/ids.ts'
import { noticeOf } from './notice.ts'
import { explained } from './refused.ts'

/** Passwords for one program each. docs/jmap-extensions.md. */
const properties = ['name', 'scopes', 'readOnly', 'createdAt', 'lastUsedAt', 'country', 'client']
const ids = idsWith('w')

const Given = z.strictObject({
  name: z.string(),
  scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length),
  readOnly: z.boolean().default(false),
})

/** Whoever has only a password, be it the main one, makes no other: only who is signed in. */
function load({ context, visitor }: CallSession, account: OpenAccount): Promise<AppPassword[]> {
  if (sessionIdOf(visitor) === undefined) throw new MethodError('forbidden', 'this takes a session')
  return listAppPasswords(context.storage, account)
}

/** They have no change number: this is what is there, and it is not pushed. */
async function state(account: OpenAccount, session: CallSession): Promise<string> {
  const all = (await load(session, account)).map(({ id, name }) => [id, name])
  return hash('sha256', JSON.stringify(all), 'base64url').slice(0, 16)
}

const get = getMethod({
  type: 'AppPassword',
  properties,
  state,
  async load(session, account, { ids: wanted }) {
    const all = (await load(session, account)).map(show)
    return wanted === null ? all : all.filter(({ id }) => wanted.includes(id))
  },
})

const numberOf = (id: string): number => {
  const number = ids.numberOf(id)
  if (number === undefined) throw new SetError('notFound')
  return number
}

const applyEach = (passwordSetAt: Date | undefined) =>
  oneByOne({
    async create(session, account, given) {
      const wished = checkProperties(Given, given)
      if (passwordSetAt === undefined) throw new SetError('forbidden', 'password')
      const { storage } = session.context
      const within = await noticeOf(session.context, account, 'appPassword')
      const made = await createAppPassword(storage, account, { ...wished, passwordSetAt, within })
      wakeQueue(storage)
      return {
        id: ids.of(made.id),
        secret: made.secret,
        readOnly: wished.readOnly,
        createdAt: utcDateOf(made.createdAt),
        lastUsedAt: null,
        country: null,
        client: null,
      }
    },
    async update(session, account, id, patch) {
      const before = (await load(session, account)).map(show).find((one) => one.id === id)
      if (before === undefined) throw new SetError('notFound')
      const after = applyPatch(before, patch)
      const wrong = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
        (name) => name !== 'name' && JSON.stringify(after[name]) !== JSON.stringify(before[name]),
      )
      if (wrong.length > 0) throw new SetError('invalidProperties', undefined, { properties: wrong })
      const { name } = checkProperties(Given.pick({ name: true }), { name: after['name'] })
      const kept = await renameAppPassword(session.context.storage, account, numberOf(id), name)
      return kept === name ? null : { name: kept }
    },
    async destroy({ context, visitor }, _account, id) {
      if (!(await revokeAppPassword(context.storage, visitor.accountId, numberOf(id)))) throw new SetError('notFound')
    },
  })

const set = setMethod({
  type: 'AppPassword',
  args: { password: orNull(z.string().max(1024)) },
  state,
  async apply(session, account, wishes, outcome) {
    const { storage } = session.context
    const { password } = wishes.args
    // Once for all that are made here: each time costs a hash.
    const passwordSetAt =
      wishes.create.size === 0 || password === null
        ? undefined
        : await explained('password', () => confirmPassword(storage, account.id, password))
    return applyEach(passwordSetAt)(session, account, wishes, outcome)
  },
})

function show({ id, name, scopes, readOnly, createdAt, lastUsedAt, country, client }: AppPassword): Shown {
  return {
    id: ids.of(id),
    name,
    scopes,
    readOnly,
    createdAt: utcDateOf(createdAt),
    lastUsedAt: lastUsedAt === null ? null : utcDateOf(lastUsedAt),
    country,
    client,
  }
}

export const appPasswordMethods = [get, set]
