import { hash } from 'node:crypto'
import { z } from 'zod'
import {
  CLAIM_DAYS,
  claimDomain,
  countRecords,
  countToday,
  listOwnDomains,
  readLook,
  releaseDomain,
  setCatchAll,
  withdrawClaim,
  type OwnDomain,
} from '#accounts'
import { removeListsIn } from '#mail/lists'
import type { OpenAccount } from '#storage'
import { lookAtOwnDomain } from '#trust/domains'
import { Refusal } from '#system'
import { id } from '../calls/arguments.ts'
import { MethodError, SetError } from '../calls/errors.ts'
import { method, type CallSession } from '../calls/method.ts'
import { checkProperties } from '../calls/properties.ts'
import { sessionIdOf } from '../context.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { oneByOne, setMethod } from '../families/set.ts'
import { applyPatch } from '../json/patch.ts'
import { utcDateOf } from '../mail/ids.ts'

/** Domains that the account's owner brings. docs/jmap-extensions.md. */
const properties = [
  'domain',
  'state',
  'createdAt',
  'expiresAt',
  'proof',
  'seen',
  'nextLookAt',
  'lostSince',
  'releasedAt',
  'catchAll',
  'records',
  'counts',
  'lookedAt',
]

/** Of one account in a day: each asks the DNS some thirty times. */
const MOST_LOOKS = 200

const DAY_MS = 86_400_000

const Given = z.strictObject({ domain: z.string().min(1).max(253) })
const Changed = z.strictObject({ catchAll: z.boolean() })

/** A name of DNS holds signs that no Id may, and can be longer. RFC 8620 §1.2. */
const idOf = (domain: string): string => `n${hash('sha256', domain, 'base64url').slice(0, 22)}`

function load({ context, visitor }: CallSession): Promise<OwnDomain[]> {
  if (sessionIdOf(visitor) === undefined) throw new MethodError('forbidden', 'this takes a session')
  return listOwnDomains(context.storage, visitor.accountId)
}

/** They have no change number: this is what is there, and it is not pushed. */
async function state(_account: OpenAccount, session: CallSession): Promise<string> {
  const all = (await load(session)).map(({ domain, state, seen, isCatchAll }) => [domain, state, seen, isCatchAll])
  return hash('sha256', JSON.stringify(all), 'base64url').slice(0, 16)
}

/** What a domain's owner has to put into its zone; what is the operator's they are not told. */
async function show({ context: { storage, config } }: CallSession, own: OwnDomain): Promise<Shown> {
  const { domain, createdAt, proof, lostSince, isCatchAll } = own
  const isWaiting = own.state === 'waiting'
  const look = isWaiting ? undefined : await readLook(storage, domain)
  const records = look?.records
    .filter(({ whose }) => whose === 'domain')
    .map(({ kind, name, type, value, need, standing, note, found }) => ({
      kind,
      name,
      type,
      value,
      need,
      standing,
      note,
      found,
    }))
  return {
    id: idOf(domain),
    domain,
    state: own.state,
    createdAt: utcDateOf(createdAt),
    expiresAt: isWaiting ? utcDateOf(new Date(createdAt.getTime() + CLAIM_DAYS * DAY_MS)) : null,
    proof,
    seen: own.seen ?? null,
    nextLookAt: utcDateOf(own.nextLookAt),
    lostSince: lostSince === null ? null : utcDateOf(lostSince),
    releasedAt: lostSince === null ? null : utcDateOf(new Date(lostSince.getTime() + config.domains.lostDays * DAY_MS)),
    catchAll: isCatchAll,
    records: records ?? null,
    counts: look === undefined ? null : { ...countRecords(look.records.filter(({ whose }) => whose === 'domain')) },
    lookedAt: look === undefined ? null : utcDateOf(look.lookedAt),
  }
}

const get = getMethod({
  type: 'OwnDomain',
  properties,
  state,
  async load(session, _account, { ids: wanted }) {
    const all = (await load(session)).filter(({ domain }) => wanted === null || wanted.includes(idOf(domain)))
    return Promise.all(all.map((own) => show(session, own)))
  },
})

async function find(session: CallSession, id: string): Promise<OwnDomain | undefined> {
  return (await load(session)).find(({ domain }) => idOf(domain) === id)
}

/** Why a domain is not taken, for a client that says it beside the field. */
async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (error.reason === 'exists') throw new SetError('alreadyExists')
    if (error.reason === 'tooManyAttempts') throw new SetError('rateLimit')
    if (error.reason === 'invalid') throw new SetError('invalidProperties', error.fields[0], { properties: ['domain'] })
    throw error
  }
}

const set = setMethod({
  type: 'OwnDomain',
  state,
  apply: oneByOne({
    async create(session, account, given) {
      await load(session)
      const { domain: typed } = checkProperties(Given, given)
      const { storage, config } = session.context
      const domain = await explained(() => claimDomain(storage, config, account.id, typed))
      const own = (await load(session)).find((one) => one.domain === domain)
      if (own === undefined) throw new SetError('alreadyExists')
      return show(session, own) as Promise<Shown & { id: string }>
    },
    async update(session, account, id, patch) {
      const own = await find(session, id)
      if (own === undefined) throw new SetError('notFound')
      const before = { catchAll: own.isCatchAll }
      const { catchAll } = checkProperties(Changed, applyPatch(before, patch))
      const { storage } = session.context
      if (!(await setCatchAll(storage, account.id, own.domain, catchAll)))
        throw new SetError('invalidProperties', 'it is not proven', { properties: ['catchAll'] })
      return null
    },
    async destroy(session, account, id) {
      const own = await find(session, id)
      const { storage } = session.context
      const end = own?.state === 'waiting' ? withdrawClaim : releaseDomain
      if (own === undefined || !(await end(storage, account.id, own.domain))) throw new SetError('notFound')
      if (own.state === 'proven') await removeListsIn(account, own.domain)
    },
  }),
})

/** Looks now: whether the record is there by which it is proven, then at all others. */
const look = method({
  name: 'OwnDomain/look',
  args: z.strictObject({ accountId: id, id }),
  async run(session, { accountId, id: wanted }) {
    const account = session.openAccount(accountId)
    await countToday(session.context.storage, 'look at a domain', String(account.id), MOST_LOOKS)
    const own = await find(session, wanted)
    if (own === undefined) throw new MethodError('invalidArguments', 'there is no such domain')
    const { storage, config } = session.context
    await lookAtOwnDomain(storage, config, {
      accountId: account.id,
      domain: own.domain,
      isProven: own.state === 'proven',
    })
    const after = await find(session, wanted)
    return { accountId, domain: after === undefined ? null : await show(session, after) }
  },
})

export const domainMethods = [get, set, look]
