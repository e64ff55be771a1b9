import { now, Refusal, type Config } from '#system'
import { fragment, type Fragment, type Sql, type Storage } from '#storage'
import { addressesOf, addressKey } from '../directory/addresses.ts'
import { normalizeForDirectory } from '../directory/normalize.ts'
import { checkCode, createCode, findCode, renewCode, tryProven, useCode, type CodeState } from '../codes/codes.ts'
import type { Contents } from '../codes/contents.ts'
import { countCode } from '../limits/mail.ts'
import { changePassword } from '../passwords/change.ts'
import { refuseWeakPassword } from '../passwords/new.ts'
import { readSettings, type Settings } from '../settings.ts'
import { resumeStopped } from '../suspension/stop.ts'
import { findRecovery, MOST_ACCOUNTS, recoveryKey } from './address.ts'

/** A code that waits to be mailed, should there be somebody to mail it to. */
export interface ResetCode {
  token: string
  /** Whom to send what; undefined for nobody. Asked after the answer, so that it takes no time of it. */
  letter(): Promise<{ to: string; code: string } | undefined>
}

/** Of `account`: its owner may still get in, also to reopen it. */
export const mayComeBack = (): Fragment => fragment`(state in ('open', 'suspended') or (state = 'closed' and exists (
  select from closure where closure.account_id = account.account_id and reopen_until > ${now()})))`

type SignUpSettings = Pick<Config['signUp'], 'codeMinutes'>

/**
 * Begins a reset, for one of the account's addresses or the one outside. What is done, and in how many statements, does
 * not depend on whether anybody has that address.
 * @throws Refusal 'invalid' with the field `address.form`; 'tooManyAttempts' for today
 */
export async function beginReset(
  storage: Storage,
  { codeMinutes }: SignUpSettings,
  { address, network }: { address: string; network: string },
): Promise<ResetCode> {
  const asked = normalizeForDirectory(address.trim())?.address
  if (asked === undefined) throw new Refusal('invalid', { fields: ['address.form'] })
  await countCode(storage, 'reset', asked, network)
  const directory = await storage.keys.serviceKey('directory')
  const { rows } = await storage.database.sql<{ account_id: number; changed_at: Date; address_key: Buffer }>`
    select account_id, changed_at, recovery.address_key
    from recovery join account using (account_id) join password using (account_id)
    where ${mayComeBack()} and (recovery.address_key = ${recoveryKey(directory, asked)}
      or account_id = (select account_id from address where address_key = ${addressKey(directory, asked)} and is_on and not is_masked))
    order by account_id limit ${MOST_ACCOUNTS}`
  const content: Contents['reset'] = {
    asked,
    accounts: rows.map((row) => ({ accountId: row.account_id, passwordSetAt: row.changed_at.getTime() })),
    recovery: rows[0]?.address_key.toString('base64url') ?? '',
  }
  const { token, code } = await createCode(storage, 'reset', content, { minutes: codeMinutes })
  return { token, letter: () => letterOf(storage, content, code) }
}

/** Another code for the same reset. @throws Refusal as renewCode, and 'tooManyAttempts' for today */
export async function resendResetCode(
  storage: Storage,
  { codeMinutes }: SignUpSettings,
  { token, network }: { token: string; network: string },
): Promise<ResetCode> {
  await countCode(storage, 'reset', (await findCode(storage, 'reset', token)).content.asked, network)
  const { code, content } = await renewCode(storage, 'reset', token, codeMinutes)
  return { token, letter: () => letterOf(storage, content, code) }
}

async function letterOf(
  storage: Storage,
  { accounts: [account] }: Contents['reset'],
  code: string,
): Promise<{ to: string; code: string } | undefined> {
  const recovery = account === undefined ? undefined : await findRecovery(storage, account.accountId)
  return recovery === undefined ? undefined : { to: recovery.address, code }
}

/** Where a reset stands; not for whom. @throws Refusal 'notFound' */
export const findReset = (storage: Storage, token: string): Promise<Omit<CodeState<unknown>, 'content'>> =>
  findCode(storage, 'reset', token)

/** The code of a reset. @throws Refusal as checkCode */
export async function proveReset(storage: Storage, token: string, code: string): Promise<void> {
  const { accounts } = await checkCode(storage, 'reset', token, code)
  if (accounts.length === 0) throw new Refusal('badCredentials')
}

/** An account whose password may be replaced. */
export interface ResetChoice {
  accountId: number
  /** The primary one. */
  address: string
}

/** The accounts that a proven code opens. @throws Refusal 'notFound' */
export async function resetChoices(storage: Storage, token: string): Promise<ResetChoice[]> {
  const { content, isProven } = await findCode(storage, 'reset', token)
  if (!isProven || content.accounts.length === 0) throw new Refusal('notFound')
  return Promise.all(
    content.accounts.map(async ({ accountId }) => ({
      accountId,
      address: (await addressesOf(storage, accountId))[0] ?? '',
    })),
  )
}

/** What a reset is told to, and in which language. */
export interface ResetNotice {
  /** The account's own address, and the one outside. */
  address: string
  external: string
  language: Settings['language']
}

/**
 * Sets a new password and ends every sign-in; an account that the service has stopped may send again. Second factors stay.
 * @param announce  prepares what tells of it, to be written in the same transaction
 * @throws Refusal 'notFound' without a proven code, or when the address outside or the password has changed since it was
 * asked for; 'tooManyAttempts'; 'invalid' as refuseWeakPassword
 */
export async function finishReset(
  storage: Storage,
  token: string,
  { accountId, password }: { accountId: number; password: string },
  announce: (notice: ResetNotice) => Promise<(sql: Sql) => Promise<unknown>>,
): Promise<void> {
  const { accounts, recovery } = await tryProven(storage, 'reset', token)
  const account = accounts.find((one) => one.accountId === accountId)
  if (account === undefined) throw new Refusal('notFound')
  const addresses = await addressesOf(storage, accountId)
  const external = await findRecovery(storage, accountId)
  if (external === undefined) throw new Refusal('notFound')
  refuseWeakPassword(password, [...addresses, external.address])
  const { language } = await readSettings(await storage.openAccount(accountId))
  const tell = await announce({ address: addresses[0] ?? '', external: external.address, language })
  await changePassword(storage, accountId, password, {
    replaces: new Date(account.passwordSetAt),
    async within(sql) {
      await useCode(storage, sql, 'reset', token)
      const key = Buffer.from(recovery, 'base64url')
      const { rowCount } = await sql`
        select from recovery join account using (account_id)
        where account_id = ${accountId} and address_key = ${key} and ${mayComeBack()} for update of recovery`
      if (rowCount === 0) throw new Refusal('notFound')
      // Whoever has the address outside is the owner: what was stopped for a thief goes on, unless it was moved just before.
      await resumeStopped(sql, accountId)
      await tell(sql)
    },
  })
}
