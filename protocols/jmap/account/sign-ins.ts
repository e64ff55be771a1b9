import { hash } from 'node:crypto'
import { endSession, listSessions, type Session } from '#accounts'
import { SetError } from '../calls/errors.ts'
import type { CallSession } from '../calls/method.ts'
import { sessionIdOf } from '../context.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { oneByOne, setMethod } from '../families/set.ts'
import { utcDateOf } from '../mail/ids.ts'

/** Where the account is signed in: its sessions, which can be seen and ended. docs/jmap-extensions.md. */
const properties = ['kind', 'createdAt', 'lastUsedAt', 'expiresAt', 'browser', 'country', 'isCurrent']

/** A session's own id may begin with a dash or a digit (RFC 8620 §1.2). */
const idOf = (session: Session): string => `s${session.id}`

const sessionsOf = ({ context, visitor }: CallSession): Promise<Session[]> =>
  listSessions(context.storage, visitor.account, sessionIdOf(visitor))

/** Sessions have no change number: this is which there are, and it is not pushed. */
async function state(_account: unknown, session: CallSession): Promise<string> {
  const ids = (await sessionsOf(session)).map(idOf)
  return hash('sha256', ids.sort().join(' '), 'base64url').slice(0, 16)
}

const get = getMethod({
  type: 'SignIn',
  properties,
  state,
  async load(session, _account, { ids }) {
    const all = (await sessionsOf(session)).map(show)
    return ids === null ? all : all.filter(({ id }) => ids.includes(id))
  },
})

const set = setMethod({
  type: 'SignIn',
  state,
  apply: oneByOne({
    async destroy({ context, visitor }, _account, id) {
      if (!(await endSession(context.storage, visitor.accountId, id.slice(1)))) throw new SetError('notFound')
    },
  }),
})

function show(session: Session): Shown {
  const { kind, browser, country, isCurrent } = session
  return {
    id: idOf(session),
    kind,
    createdAt: utcDateOf(session.createdAt),
    lastUsedAt: utcDateOf(session.lastUsedAt),
    expiresAt: utcDateOf(session.expiresAt),
    browser,
    country,
    isCurrent,
  }
}

export const signInMethods = [get, set]
