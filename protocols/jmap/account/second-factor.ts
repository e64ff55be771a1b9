import { z } from 'zod'
import {
  addPasskey,
  addTotp,
  beginPasskey,
  beginTotp,
  canHavePasskeys,
  findRecovery,
  makeRecoveryCodes,
  readFactors,
  removePasskey,
  removeTotp,
  renamePasskey,
  type Announce,
} from '#accounts'
import { wakeQueue } from '#mail/outbound'
import type { OpenAccount } from '#storage'
import { id } from '../calls/arguments.ts'
import { MethodError } from '../calls/errors.ts'
import { method, type CallSession } from '../calls/method.ts'
import { sessionIdOf } from '../context.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { idsWith } from '../ids.ts'
import { utcDateOf } from '../mail/ids.ts'
import { noticeOf } from './notice.ts'
import { explained } from './refused.ts'

/** By what somebody gets in besides the password: one object. docs/jmap-extensions.md. */
const ID = 'singleton'
const passkeyIds = idsWith('y')

const password = z.string().max(1024)

/** Whoever has only a password changes nothing: only who is signed in, with a second factor where one is asked for. */
function needsSession({ visitor }: CallSession): string {
  const session = sessionIdOf(visitor)
  if (session === undefined) throw new MethodError('forbidden', 'this takes a session')
  return session
}

async function read(account: OpenAccount, session: CallSession): Promise<Shown> {
  needsSession(session)
  const { totpSince, passkeys, recoveryCodes } = await readFactors(session.context.storage, account)
  return {
    id: ID,
    isOn: totpSince !== null || passkeys.length > 0,
    totpSince: totpSince === null ? null : utcDateOf(totpSince),
    passkeys: passkeys.map(({ id: number, name, createdAt, lastUsedOn, isBackedUp, rpId }) => ({
      id: passkeyIds.of(number),
      name,
      createdAt: utcDateOf(createdAt),
      lastUsedOn,
      isBackedUp,
      host: rpId,
    })),
    recoveryCodesLeft: recoveryCodes,
    canAddPasskeys: canHavePasskeys(session.visitor.origin),
  }
}

/** It has no change number: this is what there is, and it is not pushed. */
async function state(account: OpenAccount, session: CallSession): Promise<string> {
  const { totpSince, passkeys, recoveryCodes, recoveryCodesMadeAt } = await readFactors(
    session.context.storage,
    account,
  )
  const times = [totpSince, recoveryCodesMadeAt].map((time) => time?.getTime() ?? 0)
  const keys = passkeys.map(({ id: number, name, lastUsedOn }) => `${number}${lastUsedOn ?? ''}${name}`).join()
  return `${times.join('-')}-${recoveryCodes}-${Buffer.from(keys).toString('base64url').slice(-64)}`
}

const get = getMethod({
  type: 'SecondFactor',
  properties: ['isOn', 'totpSince', 'passkeys', 'recoveryCodesLeft', 'canAddPasskeys'],
  state,
  load: async (session, account, { ids }) => (ids === null || ids.includes(ID) ? [await read(account, session)] : []),
})

/** Told in the inbox and outside: whoever changes how one gets in may be somebody else. */
const announceTo =
  ({ context }: CallSession, account: OpenAccount): Announce =>
  async (news) => {
    const recovery = await findRecovery(context.storage, account.id)
    const others = recovery === undefined ? [] : [recovery.address]
    if (news.kind === 'off') return noticeOf(context, account, 'factorOff', { others })
    return noticeOf(context, account, news.kind === 'on' ? 'factorOn' : 'factorChanged', { others, what: news.change })
  }

/** A method that changes something: for a session, and the letters that tell of it leave. */
function changing<Args extends z.ZodObject>(
  name: string,
  args: Args,
  what: 'password' | 'code' | 'passkey',
  run: (
    account: OpenAccount,
    args: z.output<Args>,
    by: { session: CallSession; keptSession: string; announce: Announce },
  ) => Promise<object>,
) {
  return method({
    name: `SecondFactor/${name}`,
    args: args.extend({ accountId: id }).strict(),
    async run(session, given) {
      const { accountId } = given as { accountId: string }
      const account = session.openAccount(accountId)
      const keptSession = needsSession(session)
      const announce = announceTo(session, account)
      const by = { session, keptSession, announce }
      const answer = await explained(what, () => run(account, given as z.output<Args>, by))
      wakeQueue(session.context.storage)
      return { accountId, ...answer }
    },
  })
}

const numberOf = (passkeyId: string): number => {
  const number = passkeyIds.numberOf(passkeyId)
  if (number === undefined) throw new MethodError('forbidden', 'expired')
  return number
}

const Password = z.object({ password })
const token = z.string().max(8192)

export const secondFactorMethods = [
  get,
  changing('beginTotp', Password, 'password', (account, args, { session: { context } }) =>
    beginTotp(context.storage, account, { password: args.password, service: context.config.hostname }),
  ),
  changing(
    'addTotp',
    z.object({ token, code: z.string().max(64) }),
    'code',
    (account, given, { session: { context }, keptSession, announce }) =>
      addTotp(context.storage, account, { token: given.token, code: given.code, keptSession }, announce),
  ),
  changing(
    'removeTotp',
    Password,
    'password',
    async (account, args, { session: { context }, keptSession, announce }) => {
      await removeTotp(context.storage, account, { password: args.password, keptSession }, announce)
      return {}
    },
  ),
  changing('beginPasskey', Password, 'password', (account, args, { session: { context, visitor } }) => {
    const { origin } = visitor
    if (!canHavePasskeys(origin)) throw new MethodError('forbidden', 'host')
    const { storage, config } = context
    return beginPasskey(storage, account, { password: args.password, origin, service: config.hostname })
  }),
  changing(
    'addPasskey',
    z.object({ token, name: z.string(), credential: z.record(z.string(), z.unknown()) }),
    'passkey',
    async (account, given, { session: { context }, keptSession, announce }) => {
      const { token: begun, name, credential } = given
      const made = await addPasskey(context.storage, account, { token: begun, name, credential, keptSession }, announce)
      return { id: passkeyIds.of(made.id), recoveryCodes: made.recoveryCodes }
    },
  ),
  changing(
    'renamePasskey',
    z.object({ id: z.string(), name: z.string() }),
    'passkey',
    async (account, given, { session: { context } }) => ({
      name: await renamePasskey(context.storage, account, numberOf(given.id), given.name),
    }),
  ),
  changing(
    'removePasskey',
    Password.extend({ id: z.string() }),
    'password',
    async (account, given, { session: { context }, keptSession, announce }) => {
      const wish = { id: numberOf(given.id), password: given.password, keptSession }
      await removePasskey(context.storage, account, wish, announce)
      return {}
    },
  ),
  changing(
    'makeRecoveryCodes',
    Password,
    'password',
    async (account, args, { session: { context }, keptSession, announce }) => ({
      recoveryCodes: await makeRecoveryCodes(
        context.storage,
        account,
        { password: args.password, keptSession },
        announce,
      ),
    }),
  ),
]
