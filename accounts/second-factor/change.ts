import { now, Refusal } from '#system'
import type { Sql, Storage } from '#storage'
import { tellClosed } from '../doors/closed.ts'
import type { Door } from '../doors/door.ts'
import { newRecoveryCodes, recoveryCodeKey, showRecoveryCode } from '../factors/recovery-codes.ts'
import { endSessions } from '../sessions/end-every.ts'
import { confirmPassword } from '../signin/own.ts'

/** What becomes different, as the owner is told of it. */
export type FactorChange = 'totpAdded' | 'totpRemoved' | 'passkeyAdded' | 'passkeyRemoved' | 'codesMade'

/** What the owner is told: `on` and `off` when the account begins or ceases to ask for a second factor. */
export type FactorNews = { kind: 'on' | 'changed'; change: FactorChange } | { kind: 'off' }

/** Prepares what tells of it, to be written in the same transaction. */
export type Announce = (news: FactorNews) => Promise<(sql: Sql) => Promise<unknown>>

export interface Changed {
  /** Recovery codes that were made with the first factor, as they are shown; null when there were some. */
  recoveryCodes: string[] | null
}

/** Which changes leave other sessions as they are: what was right before still is. */
const QUIET: readonly FactorChange[] = ['totpAdded', 'passkeyAdded', 'codesMade']

/**
 * Changes by what somebody gets in, and what hangs on it, in one transaction. With the first factor the account asks for one
 * from then on, gets recovery codes, and everybody else who came in by the password alone is out, programs too; app passwords
 * stay. With the last one gone it asks for none, and the codes go. Whoever removes something may have lost a device: the other
 * sessions end then, too.
 * @param passwordSetAt  as for createAppPassword
 * @param work  the change itself
 */
export async function changeFactors(
  storage: Storage,
  accountId: number,
  {
    passwordSetAt,
    keptSession,
    change,
    announce,
  }: { passwordSetAt: Date; keptSession: string | undefined; change: FactorChange; announce: Announce },
  work: (sql: Sql) => Promise<void>,
): Promise<Changed> {
  const credentials = await storage.keys.serviceKey('credentials')
  // Prepared before: what is in the transaction waits for nothing that needs another connection.
  const expected = await expectedNews(storage.database.sql, accountId, change)
  const tell = await announce(expected)
  const { ended, recoveryCodes } = await storage.database.transaction(async (sql) => {
    // One change at a time, and none beside a sign-in by the password (sessions/open.ts).
    const { rows } = await sql<{ asked: boolean }>`
      select asks_factor as asked from password where account_id = ${accountId} and changed_at = ${passwordSetAt} for update`
    const [before] = rows
    if (before === undefined) throw new Refusal('badCredentials')
    await work(sql)
    const asks = await settleFactors(sql, accountId)
    const isFirst = asks && !before.asked
    const codes = isFirst ? newRecoveryCodes() : undefined
    if (codes !== undefined) await writeCodes(sql, credentials, accountId, codes)
    // In another window somebody has changed something else meanwhile: what would be told is not so.
    if (kindOf(before.asked, asks) !== expected.kind) throw new Refusal('comeAgain')
    await tell(sql)
    const doors: Door[] = isFirst || !QUIET.includes(change) ? await endSessions(sql, accountId, keptSession) : []
    if (isFirst) doors.push({ by: 'password', setAt: passwordSetAt })
    return { ended: doors, recoveryCodes: codes?.map(showRecoveryCode) ?? null }
  })
  tellClosed(storage, accountId, ended)
  return { recoveryCodes }
}

const kindOf = (asked: boolean, asks: boolean): FactorNews['kind'] => (asks ? (asked ? 'changed' : 'on') : 'off')

async function expectedNews(sql: Sql, accountId: number, change: FactorChange): Promise<FactorNews> {
  const { rows } = await sql<{ factors: number }>`
    select (select count(*) from totp where account_id = ${accountId})::int
      + (select count(*) from passkey where account_id = ${accountId})::int as factors`
  const factors = rows[0]?.factors ?? 0
  const isRemoval = change === 'totpRemoved' || change === 'passkeyRemoved'
  const kind = kindOf(factors > 0, isRemoval ? factors > 1 : factors > 0 || change !== 'codesMade')
  return kind === 'off' ? { kind } : { kind, change }
}

/** Brings up to date whether an account asks for a second factor; without one it needs no codes. */
async function settleFactors(sql: Sql, accountId: number): Promise<boolean> {
  const { rows } = await sql<{ asks: boolean }>`
    update password set asks_factor =
      exists (select from totp where account_id = ${accountId})
      or exists (select from passkey where account_id = ${accountId})
    where account_id = ${accountId}
    returning asks_factor as asks`
  const asks = rows[0]?.asks === true
  if (!asks) await sql`delete from recovery_code where account_id = ${accountId}`
  return asks
}

async function writeCodes(
  sql: Sql,
  credentials: { hash(text: string): Buffer },
  accountId: number,
  codes: readonly string[],
): Promise<void> {
  const keys = codes.map((bare) => recoveryCodeKey(credentials, accountId, bare))
  await sql`delete from recovery_code where account_id = ${accountId}`
  await sql`
    insert into recovery_code (account_id, code_key, created_at)
    select ${accountId}, key, ${now()} from unnest(${keys}::bytea[]) key`
}

/**
 * Makes ten recovery codes anew; those before are void.
 * @throws Refusal as confirmPassword; 'notFound' when the account asks for no second factor
 */
export async function makeRecoveryCodes(
  storage: Storage,
  account: { id: number },
  { password, keptSession }: { password: string; keptSession?: string | undefined },
  announce: Announce,
): Promise<string[]> {
  const passwordSetAt = await confirmPassword(storage, account.id, password)
  const credentials = await storage.keys.serviceKey('credentials')
  const codes = newRecoveryCodes()
  await changeFactors(
    storage,
    account.id,
    { passwordSetAt, keptSession, change: 'codesMade', announce },
    async (sql) => {
      const { rows } = await sql<{
        asked: boolean
      }>`select asks_factor as asked from password where account_id = ${account.id}`
      if (rows[0]?.asked !== true) throw new Refusal('notFound')
      await writeCodes(sql, credentials, account.id, codes)
    },
  )
  return codes.map(showRecoveryCode)
}

/** Every second factor of an account, in the transaction of what ends its sign-ins. */
export async function dropFactors(sql: Sql, accountId: number): Promise<void> {
  await sql`delete from totp where account_id = ${accountId}`
  await sql`delete from passkey where account_id = ${accountId}`
  await settleFactors(sql, accountId)
}

/**
 * Takes every second factor from an account whose owner has lost them all, at the word of somebody who has made sure who asks.
 * Every sign-in ends, app passwords stay.
 * @param within  what belongs to it, in its transaction
 * @returns false when the account asks for none
 */
export async function takeFactors(
  storage: Storage,
  accountId: number,
  within: (sql: Sql) => Promise<unknown>,
): Promise<boolean> {
  const ended = await storage.database.transaction(async (sql) => {
    const { rows } = await sql<{ asked: boolean }>`
      select asks_factor as asked from password where account_id = ${accountId} for update`
    if (rows[0]?.asked !== true) return undefined
    await dropFactors(sql, accountId)
    await within(sql)
    return endSessions(sql, accountId)
  })
  if (ended === undefined) return false
  tellClosed(storage, accountId, ended)
  return true
}
