import { wakeQueue } from '#mail/outbound'
import { now, Refusal } from '#system'
import type { Desk } from '#trust/desk'
import { askerOf, loadCase, prepareFile, type Case } from './case.ts'
import { decline } from './decline.ts'
import { accountsOf, identify } from './identify.ts'
import { noticeOf } from './notice.ts'
import { entriesOf } from './package.ts'
import { requestsPromised } from './receive.ts'
import { heldUntil, recordLook, silentUntil } from './record.ts'
import { appendTo } from './register.ts'

/**
 * Does what an order to preserve asks for: what it names ends no earlier than its date. What the journal has of the time named is copied,
 * sealed, for its days cannot be held one by one. Nothing is shown to anybody.
 * @throws Refusal 'forbidden' with the reason (`decline`), which is written down
 */
export async function preserve(desk: Desk, caseId: string): Promise<Date> {
  const { storage, config, staff } = desk
  const requests = await requestsPromised(desk)
  const found = await identify(desk, await loadCase(storage, config, caseId), requests)
  const { intake, verdict } = found
  if (found.closed !== undefined || found.preservedUntil !== undefined || intake === undefined)
    throw new Refusal('expired', { fields: ['case'] })
  if (verdict?.answer === 'refuse' && verdict.reason !== 'formalDefect') return decline(desk, found, verdict.reason)
  if (verdict?.answer !== 'preserve') throw new Refusal('forbidden', { fields: ['verdict'] })
  if (found.missing.length > 0) return decline(desk, found, 'checksMissing')
  const accounts = accountsOf(found.found)
  const until = heldUntil(found, requests)
  if (until <= now()) throw new Refusal('expired', { fields: ['preserveUntil'] })
  const isJournal = intake.preserves.includes('journal')
  if (isJournal) await recordLook(desk, found, requests, accounts, ['journal', 'signIns'])
  const copies = isJournal ? await Promise.all(accounts.map((id) => copyJournal(desk, found, id))) : []
  const silent = silentUntil(found, requests)
  const notice = await noticeOf(storage, config, found, { until: silent, heldUntil: until })
  await appendTo(
    storage,
    { caseId, read: found.read },
    [
      { ...askerOf(found), kind: 'preserved', accounts: accounts.length, until, detail: { staff: staff.id } },
      ...notice.events,
    ],
    async (sql) => {
      for (const write of copies) await write(sql, caseId)
      await sql`
        insert into legal_subject (account_id, case_id, told_from, held_until, holds)
        select account, ${caseId}, ${silent ?? now()}, ${until}, ${intake.preserves}::text[]
        from unnest(${accounts}::bigint[]) as concerned (account)`
      await notice.tell(sql)
    },
  )
  wakeQueue(storage)
  return until
}

async function copyJournal(
  { storage }: Desk,
  { intake, receivedAt }: Case,
  accountId: number,
): ReturnType<typeof prepareFile> {
  const from = intake?.from == null ? undefined : new Date(intake.from)
  const to = new Date(Math.min(new Date(intake?.to ?? receivedAt).getTime(), receivedAt.getTime()))
  const entries = await entriesOf(storage, accountId, { from, to })
  return prepareFile(storage, 'journal', {
    name: 'journal.json',
    type: 'application/json',
    bytes: Buffer.from(JSON.stringify({ accountId, entries })),
  })
}

/** Ends what is held before its date: whoever ordered it has taken it back. What was held is erased with the next round. */
export async function endPreservation(desk: Desk, caseId: string): Promise<void> {
  const { storage, config, staff } = desk
  const found = await loadCase(storage, config, caseId)
  if (found.preservedUntil === undefined) throw new Refusal('notFound', { fields: ['preservation'] })
  await appendTo(
    storage,
    { caseId, read: found.read },
    [{ ...askerOf(found), kind: 'preservationEnded', detail: { staff: staff.id } }],
    async (sql) =>
      void (await sql`
        update legal_subject set held_until = ${now()} where case_id = ${caseId} and held_until > ${now()}`),
  )
}
