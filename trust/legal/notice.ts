import { addressesOf, findRecovery, readSettings } from '#accounts'
import { enqueue, prepareOwnLetter, type PreparedLetter } from '#mail/outbound'
import { now, Refusal, type Config } from '#system'
import type { Sql, Storage } from '#storage'
import { askerOf, type Case } from './case.ts'
import type { NewEvent } from './register.ts'
import { accountsOf } from './identify.ts'
import { isReleasable } from './intake.ts'
import { legalTexts } from './texts.ts'

/** What is told to the people whom a case concerns, and when. */
export interface Notice {
  events: NewEvent[]
  /** Writes the letters to the queue, in the transaction of the event; `wakeQueue` comes after it. */
  tell(sql: Sql): Promise<void>
}

/**
 * Prepares the notice to the people whom a case concerns: in the account and outside, in their language. Where an order forbids it, only
 * that it waits is written down; `keepDates` sends it when its day has come.
 * @param until  until when an order forbids it
 * @param at  when the release or the preservation was
 */
export async function noticeOf(
  storage: Storage,
  settings: Pick<Config, 'operator' | 'hostname'>,
  found: Case,
  { until, at = now(), heldUntil }: { until?: Date | undefined; at?: Date; heldUntil?: Date | undefined },
): Promise<Notice> {
  const accounts = accountsOf(found.found)
  if (until !== undefined && until > now())
    return {
      events: [{ ...askerOf(found), kind: 'noticeDelayed', until, accounts: accounts.length }],
      tell: async () => undefined,
    }
  const letters: PreparedLetter[] = []
  let told = 0
  for (const accountId of accounts) {
    const prepared = await lettersTo(storage, settings, found, accountId, { at, heldUntil })
    letters.push(...prepared)
    if (prepared.length > 0) told++
  }
  return {
    events: [{ ...askerOf(found), kind: 'noticeGiven', accounts: told }],
    async tell(sql) {
      for (const letter of letters) await enqueue(sql, letter)
    },
  }
}

/** None to an account that is erased: nobody is left who could be told. */
async function lettersTo(
  storage: Storage,
  { operator, hostname: host }: Pick<Config, 'operator' | 'hostname'>,
  { id, intake, verdict }: Case,
  accountId: number,
  { at, heldUntil }: { at: Date; heldUntil: Date | undefined },
): Promise<PreparedLetter[]> {
  const account = await storage.openAccount(accountId).catch((error: unknown) => {
    if (error instanceof Refusal && error.reason === 'notFound') return undefined
    throw error
  })
  if (account === undefined || intake === undefined || verdict === undefined || verdict.answer === 'refuse') return []
  const [{ language }, addresses, recovery] = await Promise.all([
    readSettings(account),
    addressesOf(storage, accountId),
    findRecovery(storage, accountId),
  ])
  const { say, day } = legalTexts(language)
  const fields =
    verdict.answer === 'preserve'
      ? intake.preserves.map((what) => say(`preserves.${what}`))
      : intake.fields.filter(isReleasable).map((field) => say(`field.${field}`))
  const text = say(verdict.answer === 'preserve' ? 'notice.preserved' : 'notice.released', {
    address: addresses[0] ?? '',
    host,
    day: day(at),
    until: heldUntil === undefined ? '' : day(heldUntil),
    authority: intake.authority,
    basis: verdict.basis.law[language],
    case: id,
    fields: fields.map((field) => `- ${field}`).join('\n'),
    operator: operator.name ?? host,
    contact: operator.contact ?? '',
  })
  const whom = [...addresses.slice(0, 1), ...(recovery === undefined ? [] : [recovery.address])]
  return Promise.all(
    whom.map((to) => prepareOwnLetter(storage, { to, language, subject: say('notice.subject'), text })),
  )
}
