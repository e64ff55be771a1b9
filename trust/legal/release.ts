import { wakeQueue } from '#mail/outbound'
import { now, Refusal } from '#system'
import type { Desk } from '#trust/desk'
import { askerOf, loadCase, prepareFile, type Case } from './case.ts'
import { decline } from './decline.ts'
import { readAuthorityKey, sealPackage, type Sealed, type UsableKey } from './export.ts'
import { accountsOf, identify } from './identify.ts'
import { isReleasable } from './intake.ts'
import { noticeOf } from './notice.ts'
import { countsOf, digestOfPackage, isEmpty, packageOf, type Package } from './package.ts'
import { requestsPromised } from './receive.ts'
import { recordLook, silentUntil } from './record.ts'
import { appendTo } from './register.ts'

/** A case of which everything is there that a release needs. */
interface Ready {
  found: Case
  released: Package
  key: UsableKey
  digest: string
}

/** Nobody but whoever has to may even look: everything is asked for before the data is. */
async function prepare(desk: Desk, caseId: string): Promise<Ready> {
  const { storage, config } = desk
  const requests = await requestsPromised(desk)
  const found = await identify(desk, await loadCase(storage, config, caseId), requests)
  const { intake, verdict, missing } = found
  if (found.closed !== undefined || intake === undefined) throw new Refusal('expired', { fields: ['case'] })
  if (verdict?.answer === 'refuse' && verdict.reason !== 'formalDefect') return decline(desk, found, verdict.reason)
  if (verdict?.answer !== 'release') throw new Refusal('forbidden', { fields: ['verdict'] })
  if (missing.length > 0) return decline(desk, found, 'checksMissing')
  const key = await readAuthorityKey(intake.key).catch(() => undefined)
  if (key === undefined) return decline(desk, found, 'keyUnusable')
  await recordLook(desk, found, requests, accountsOf(found.found), intake.fields.filter(isReleasable))
  const released = await packageOf(storage, config, found)
  if (isEmpty(released)) return decline(desk, found, 'dataGone')
  return { found, released, key, digest: digestOfPackage(released, key.fingerprint) }
}

/**
 * Proposes to release what a request asks for: the first of two signatures. It is void as soon as anything of the case changes.
 * @returns what would leave, in numbers
 * @throws Refusal 'forbidden' with the reason (`decline`), which is written down
 */
export async function propose(desk: Desk, caseId: string): Promise<Record<string, number | null>> {
  const { found, released, digest } = await prepare(desk, caseId)
  await appendTo(desk.storage, { caseId, read: found.read }, [
    {
      ...askerOf(found),
      kind: 'proposed',
      accounts: released.accounts.length,
      detail: { staff: desk.staff.id, digest, counts: countsOf(released) },
    },
  ])
  return countsOf(released)
}

/**
 * The second signature, by another: releases. The package is sealed to the authority's key; in clear it is nowhere but here. The
 * people concerned are told in the same transaction, or when the order's day has come.
 * @throws Refusal 'forbidden' with the reason (`decline`); 'notFound' when nothing is proposed
 */
export async function sign(desk: Desk, caseId: string): Promise<Sealed> {
  const { storage, config, staff } = desk
  const before = await loadCase(storage, config, caseId)
  if (before.proposal === undefined) throw new Refusal('notFound', { fields: ['proposal'] })
  if (before.proposal.staff === staff.id) return decline(desk, before, 'samePerson')
  const { proposal } = before
  const { found, released, key, digest } = await prepare(desk, caseId)
  if (digest !== proposal.digest) return decline(desk, found, 'changed')
  const sealed = await sealPackage(released, key, found.intake?.language ?? 'en')
  const writeExport = await prepareFile(storage, 'export', {
    name: `${caseId}.json`,
    type: 'application/json',
    bytes: Buffer.from(JSON.stringify(sealed)),
  })
  const until = silentUntil(found, await requestsPromised(desk))
  const notice = await noticeOf(storage, config, found, { until })
  const accounts = accountsOf(found.found)
  const facts = { ...askerOf(found), accounts: accounts.length, detail: { staff: staff.id, digest } }
  await appendTo(
    storage,
    { caseId, read: found.read },
    [{ ...facts, kind: 'signed' }, { ...facts, kind: 'released', detail: undefined }, ...notice.events],
    async (sql) => {
      await writeExport(sql, caseId)
      await sql`
        insert into legal_subject (account_id, case_id, told_from, holds)
        select account, ${caseId}, ${until ?? now()}, '{}' from unnest(${accounts}::bigint[]) as concerned (account)`
      await notice.tell(sql)
    },
  )
  wakeQueue(storage)
  return sealed
}
