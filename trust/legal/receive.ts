import { now, Refusal } from '#system'
import type { Desk } from '#trust/desk'
import { promisesInForce, readPromises, type Promises } from '#policy'
import { loadCase, prepareFile, type Case } from './case.ts'
import { readAuthorityKey } from './export.ts'
import { identify } from './identify.ts'
import { requestKind, type Intake } from './intake.ts'
import { append, lockRegister } from './register.ts'

/** What is promised of requests. */
export const requestsPromised = async ({
  storage,
  config,
}: Pick<Desk, 'storage' | 'config'>): Promise<Promises['requests']> =>
  (await promisesInForce(storage.database.sql, readPromises(config))).requests

/**
 * Takes a request in, whatever it is and whoever asks: everything is counted.
 * @throws Refusal 'invalid' for a key to which nothing can be sealed, or a day that is past
 */
export async function receive(desk: Desk, { scan, ...intake }: Intake): Promise<Case> {
  const { storage, config, staff } = desk
  if (intake.key !== null) await readAuthorityKey(intake.key)
  const writeScan =
    scan === null
      ? undefined
      : await prepareFile(storage, 'scan', {
          name: scan.name,
          type: scan.type,
          bytes: Buffer.from(scan.bytes, 'base64url'),
        })
  if (intake.preserveUntil !== null && new Date(intake.preserveUntil) <= now())
    throw new Refusal('invalid', { fields: ['preserveUntil'] })
  const caseId = await storage.database.transaction(async (sql) => {
    await lockRegister(sql)
    const id = await nextCase(sql)
    await append(storage, sql, id, [
      {
        kind: 'received',
        country: intake.country,
        authority: intake.kind,
        request: requestKind(intake),
        accounts: intake.accounts.length,
        until: new Date(intake.answerBy),
        detail: { staff: staff.id, intake },
      },
    ])
    await writeScan?.(sql, id)
    return id
  })
  return identify(desk, await loadCase(storage, config, caseId), await requestsPromised(desk))
}

/** Such as `2026-14`: the fourteenth request of the year. */
async function nextCase(sql: Desk['storage']['database']['sql']): Promise<string> {
  const year = now().getUTCFullYear()
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from legal_event
    where kind = 'received' and at >= ${new Date(Date.UTC(year, 0, 1))} and at < ${new Date(Date.UTC(year + 1, 0, 1))}`
  return `${year}-${(rows[0]?.count ?? 0) + 1}`
}
