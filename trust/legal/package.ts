import { createHash } from 'node:crypto'
import { allAddressesOf, findRecovery } from '#accounts'
import { now, Refusal, type Config } from '#system'
import type { Storage } from '#storage'
import { walkOwnJournal } from '#trust/journal'
import { canonical } from '#trust/signing'
import { FILE_ACCOUNT, filesOf, type Case } from './case.ts'
import { accountsOf } from './identify.ts'
import { isReleasable, type Asked, type Releasable } from './intake.ts'

/** An entry of the journal as it leaves: without the subject, which is a word of the letter's. */
export interface ReleasedEntry {
  time: string
  kind: 'signIn' | 'sent' | 'received'
  own: string
  other: string | null
  messageId: string | null
  ip: string | null
  country: string | null
  browser: string | null
}

interface ReleasedAccount {
  /** As the request names it. */
  asked: string[]
  addresses?: { address: string; since: string }[]
  created?: string
  external?: { address: string; since: string } | null
  signIns?: ReleasedEntry[]
  journal?: ReleasedEntry[]
}

/** What leaves for an authority: what was asked for, of the accounts and the time that were named, as far as it exists. */
export interface Package {
  version: 1
  case: string
  operator: string
  authority: string
  reference: string
  basis: string
  /** Of what is recorded by time. */
  period: { from: string | null; to: string } | null
  accounts: ReleasedAccount[]
  /** Accounts that were named and do not exist. */
  unknown: string[]
  /** What was asked for and is given to nobody. */
  neverGiven: Asked[]
  /** Before that day nothing is recorded any more: the keys of earlier days are destroyed. */
  recordedSince: string | null
}

/** Entries of one account: what is recorded in a month by somebody who writes a lot. */
const MOST_ENTRIES = 20_000

const DAY_MS = 86_400_000

/** Gathers the smallest set that answers a request. The look is written down before (`recordLook`). */
export async function packageOf(
  storage: Storage,
  { operator, hostname, journal }: Pick<Config, 'operator' | 'hostname' | 'journal'>,
  found: Case,
): Promise<Package> {
  const { intake, verdict } = found
  if (intake === undefined || verdict?.answer !== 'release') throw new Refusal('forbidden', { fields: ['verdict'] })
  const fields = intake.fields.filter(isReleasable)
  const isByTime = fields.includes('signIns') || fields.includes('journal')
  // What is written after an order came is for another order.
  const to = new Date(Math.min(new Date(intake.to ?? found.receivedAt).getTime(), found.receivedAt.getTime()))
  const from = intake.from === null ? undefined : new Date(intake.from)
  const accounts: ReleasedAccount[] = []
  for (const accountId of accountsOf(found.found))
    accounts.push({
      asked: (found.found ?? []).filter((one) => one.accountId === accountId).map(({ address }) => address),
      ...(await releasedOf(storage, accountId, fields, { from, to })),
    })
  return {
    version: 1,
    case: found.id,
    operator: operator.name ?? hostname,
    authority: intake.authority,
    reference: intake.reference,
    basis: verdict.basis.law[intake.language],
    period: isByTime ? { from: from?.toISOString() ?? null, to: to.toISOString() } : null,
    accounts,
    unknown: (found.found ?? []).flatMap(({ address, accountId }) => (accountId === null ? [address] : [])),
    neverGiven: intake.fields.filter((field) => !isReleasable(field)),
    recordedSince: isByTime ? new Date(now().getTime() - journal.days * DAY_MS).toISOString().slice(0, 10) : null,
  }
}

async function releasedOf(
  storage: Storage,
  accountId: number,
  fields: readonly Releasable[],
  period: { from: Date | undefined; to: Date },
): Promise<Omit<ReleasedAccount, 'asked'>> {
  const released: Omit<ReleasedAccount, 'asked'> = {}
  if (fields.includes('addresses'))
    released.addresses = (await allAddressesOf(storage, accountId)).map(({ address, since }) => ({
      address,
      since: since.toISOString(),
    }))
  if (fields.includes('created')) released.created = (await createdAt(storage, accountId)).toISOString()
  if (fields.includes('external')) {
    const recovery = await findRecovery(storage, accountId)
    released.external =
      recovery === undefined ? null : { address: recovery.address, since: recovery.provenAt.toISOString() }
  }
  if (!fields.includes('signIns') && !fields.includes('journal')) return released
  const entries = await entriesOf(storage, accountId, period)
  if (fields.includes('signIns')) released.signIns = entries.filter(({ kind }) => kind === 'signIn')
  if (fields.includes('journal')) released.journal = entries.filter(({ kind }) => kind !== 'signIn')
  return released
}

async function createdAt({ database }: Storage, accountId: number): Promise<Date> {
  const { rows } = await database.sql<{ created_at: Date }>`
    select created_at from account where account_id = ${accountId}`
  if (rows[0] === undefined) throw new Refusal('notFound')
  return rows[0].created_at
}

/**
 * What is recorded about somebody in a time, with what orders have had preserved of it, the oldest first.
 * @throws Refusal 'tooLarge' for more than 20,000 entries: the request is to name less
 */
export async function entriesOf(
  storage: Storage,
  accountId: number,
  { from, to }: { from: Date | undefined; to: Date },
): Promise<ReleasedEntry[]> {
  const entries = new Map<string, ReleasedEntry>()
  const add = (entry: ReleasedEntry): void => {
    entries.set(JSON.stringify(Object.values(entry)), entry)
    if (entries.size > MOST_ENTRIES) throw new Refusal('tooLarge', { fields: ['period'] })
  }
  const account = await storage.openAccount(accountId)
  for await (const { id: _, subject: __, time, ...entry } of walkOwnJournal(storage, account, { from, to })) {
    const { kind, own, other, messageId, ip, country, browser } = entry
    add({ time: time.toISOString(), kind, own, other, messageId, ip, country, browser })
  }
  for (const entry of await preservedEntries(storage, accountId))
    if (new Date(entry.time) <= to && (from === undefined || new Date(entry.time) >= from)) add(entry)
  return [...entries.values()].toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
}

/** What is kept for orders that still hold. */
async function preservedEntries(storage: Storage, accountId: number): Promise<ReleasedEntry[]> {
  const { rows } = await storage.database.sql<{ case_id: string }>`
    select case_id from legal_subject
    where account_id = ${accountId} and held_until > ${now()} and 'journal' = any(holds) order by case_id`
  const entries: ReleasedEntry[] = []
  for (const { case_id: caseId } of rows)
    for (const { ref } of await filesOf(storage, caseId, 'journal')) {
      const copied = JSON.parse((await storage.blobs.read(storage.database.sql, FILE_ACCOUNT, ref)).toString()) as {
        accountId: number
        entries: ReleasedEntry[]
      }
      if (copied.accountId === accountId) entries.push(...copied.entries)
    }
  return entries
}

/** Whether anything of what was asked for exists. */
export const isEmpty = ({ accounts }: Package): boolean =>
  accounts.every(
    ({ addresses = [], created, external, signIns = [], journal = [] }) =>
      addresses.length === 0 &&
      created === undefined &&
      external == null &&
      signIns.length === 0 &&
      journal.length === 0,
  )

/** What would leave, in numbers. */
export const countsOf = ({ accounts }: Package): Record<Releasable, number | null> => {
  const sum = (of: (account: ReleasedAccount) => number | undefined): number | null => {
    const counts = accounts.flatMap((account) => of(account) ?? [])
    return counts.length === 0 ? null : counts.reduce((all, count) => all + count, 0)
  }
  return {
    addresses: sum(({ addresses }) => addresses?.length),
    created: sum(({ created }) => (created === undefined ? undefined : 1)),
    external: sum(({ external }) => (external === undefined ? undefined : external === null ? 0 : 1)),
    signIns: sum(({ signIns }) => signIns?.length),
    journal: sum(({ journal }) => journal?.length),
  }
}

/** By which a proposal names what would leave, and under which key. `recordedSince` alone moves with the days. */
export const digestOfPackage = (released: Package, fingerprint: string): string =>
  createHash('sha256')
    .update(canonical(withoutUndefined({ ...released, recordedSince: null, fingerprint })))
    .digest('base64url')

const withoutUndefined = (value: object): unknown => JSON.parse(JSON.stringify(value))
