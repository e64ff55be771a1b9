import { now, nowMs, Refusal } from '#system'
import type { Storage } from '#storage'
import { normalizeDomain } from './normalize.ts'

/** A domain whose mail this server takes. */
export interface Domain {
  /** A-labels in lower case. */
  domain: string
  createdAt: Date
  /** Whether it belongs to somebody who has an account here, rather than to whoever runs the service. */
  isOwned: boolean
}

/** @returns its name as it is kept. @throws Refusal 'invalid' when it is no domain name, 'exists' when it is hosted already */
export async function createDomain(storage: Storage, domain: string): Promise<string> {
  const name = normalizeDomain(domain)
  if (name === undefined) throw new Refusal('invalid', { fields: ['domain'] })
  const { rowCount } = await storage.database.sql`
    insert into domain (domain, created_at) values (${name}, ${now()}) on conflict do nothing`
  if (rowCount === 0) throw new Refusal('exists')
  answers.get(storage)?.delete(name)
  return name
}

export async function listDomains(storage: Storage): Promise<Domain[]> {
  const { rows } = await storage.database.sql<Domain>`
    select domain, created_at as "createdAt", owner_account_id is not null as "isOwned" from domain order by domain`
  return rows
}

/** Those of whoever runs the service: what the service writes is from one of them, and strangers sign up in them. */
export const operatedDomains = async (storage: Storage): Promise<Domain[]> =>
  (await listDomains(storage)).filter(({ isOwned }) => !isOwned)

/** What was remembered of a domain holds no longer in this process; others notice within seconds. */
export function forgetDomain(storage: Storage, name: string): void {
  answers.get(storage)?.delete(name)
  lists.delete(storage)
}

/** How long the list of hosted domains is believed, by those who look at it for every letter. */
const LIST_MS = 60_000
const lists = new WeakMap<Storage, { domains: Promise<readonly string[]>; until: number }>()

/** All of them by name, as of a minute ago at most. Needs no more than zegel_receiver may read. */
export function hostedDomains(storage: Storage): Promise<readonly string[]> {
  const known = lists.get(storage)
  if (known !== undefined && known.until > nowMs()) return known.domains
  const domains = listDomains(storage).then((all) => all.map(({ domain }) => domain))
  lists.set(storage, { domains, until: nowMs() + LIST_MS })
  domains.catch(() => lists.delete(storage))
  return domains
}

interface Answer {
  isLocal: boolean
  until: number
}

/** A receiver asks for every recipient: answers are believed for this long, also by other processes than the one that changed them. */
const BELIEVED_MS = 5000
const REMEMBERED = 1000
const answers = new WeakMap<Storage, Map<string, Answer>>()

/** Whether mail for this domain is for here. Remembered for 5 seconds. Needs no more than zegel_receiver may read. */
export async function isLocalDomain(storage: Storage, domain: string): Promise<boolean> {
  const name = normalizeDomain(domain)
  if (name === undefined) return false
  let known = answers.get(storage)
  if (known === undefined) answers.set(storage, (known = new Map()))
  const answer = known.get(name)
  if (answer !== undefined && answer.until > nowMs()) return answer.isLocal

  const { rowCount } = await storage.database.sql`select from domain where domain = ${name}`
  known.delete(name)
  known.set(name, { isLocal: rowCount > 0, until: nowMs() + BELIEVED_MS })
  if (known.size > REMEMBERED) known.delete(known.keys().next().value as string)
  return rowCount > 0
}
