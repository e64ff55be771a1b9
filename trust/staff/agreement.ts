import { now, nowMs, Refusal, type Config } from '#system'
import type { Storage } from '#storage'
import { AGREEMENT_VERSION, agreementDigest, type AgreementLanguage } from './agreement-text.ts'
import { noteStaffEvent } from './events.ts'
import { passwordFits } from './password.ts'

/** A signature of the confidentiality agreement, as far as it counts today. */
export interface Agreement {
  version: number
  signedAt: Date
  until: Date
  /** The version that is in force, before its time is over. */
  isCurrent: boolean
}

/** The last signature; undefined for somebody who has never signed. */
export async function agreementOf(storage: Storage, staffId: number): Promise<Agreement | undefined> {
  const { rows } = await storage.database.sql<Omit<Agreement, 'isCurrent'>>`
    select version, signed_at as "signedAt", until from staff_agreement
    where staff_id = ${staffId} order by signed_at desc limit 1`
  const [last] = rows
  return last && { ...last, isCurrent: last.version === AGREEMENT_VERSION && last.until.getTime() > nowMs() }
}

function addMonths(months: number): Date {
  const end = now()
  end.setUTCMonth(end.getUTCMonth() + months)
  return end
}

/**
 * Signs the agreement as it is shown, with one's own name and, so that it is not somebody at an open screen, the password.
 * @throws Refusal 'invalid' with `name` or `version`; 'badCredentials'
 */
export async function signAgreement(
  storage: Storage,
  { desk }: Pick<Config, 'desk'>,
  staffId: number,
  signed: { name: string; password: string; version: number; language: AgreementLanguage },
): Promise<Agreement> {
  const name = signed.name.normalize('NFC').trim()
  if (name.length < 3 || name.length > 100 || /\p{C}/u.test(name)) throw new Refusal('invalid', { fields: ['name'] })
  if (signed.version !== AGREEMENT_VERSION) throw new Refusal('invalid', { fields: ['version'] })
  const staff = await storage.keys.serviceKey('staff')
  const { rows } = await storage.database.sql<{ id: number; password: Buffer | null }>`
    select staff_id as id, password from staff where staff_id = ${staffId}`
  if (!(await passwordFits(staff, rows[0], signed.password))) throw new Refusal('badCredentials')
  const [signedAt, until] = [now(), addMonths(desk.agreementMonths)]
  const { language } = signed
  const content = JSON.stringify({ name, language, digest: agreementDigest(language) })
  await storage.database.transaction(async (sql) => {
    await sql`
      insert into staff_agreement (staff_id, signed_at, version, until, sealed)
      values (${staffId}, ${signedAt}, ${AGREEMENT_VERSION}, ${until},
              ${staff.seal(`agreement/${staffId}/${signedAt.toISOString()}`, content)})`
    await noteStaffEvent(sql, staffId, 'agreementSigned')
  })
  return { version: AGREEMENT_VERSION, signedAt, until, isCurrent: true }
}

/** Of those who work here: how many, and how many of them have a current agreement. Evidence of promise 9. */
export async function countAgreements(
  storage: Pick<Storage, 'database'>,
): Promise<{ members: number; current: number }> {
  const { rows } = await storage.database.sql<{ members: number; current: number }>`
    select count(*)::int as members, count(*) filter (where exists (
      select from staff_agreement a where a.staff_id = staff.staff_id and a.version = ${AGREEMENT_VERSION}
        and a.until > ${now()}))::int as current
    from staff where ended_at is null and password is not null`
  return rows[0] ?? { members: 0, current: 0 }
}
