import { now, Refusal } from '#system'
import type { Sql } from '#storage'
import { documentNames, type DocumentName, type Versions } from './documents.ts'
import { numbersInForce } from './versions.ts'

/**
 * Takes an agreement only to the versions in force: a page may have been open while they changed.
 * @throws Refusal 'invalid' with the field `consent.missing` or `consent.changed`
 */
export function refuseOldVersions(agreed: Versions | undefined, inForce: Versions): Versions {
  if (agreed === undefined) throw new Refusal('invalid', { fields: ['consent.missing'] })
  if (documentNames.some((name) => agreed[name] !== inForce[name]))
    throw new Refusal('invalid', { fields: ['consent.changed'] })
  return agreed
}

/** Writes down what somebody has agreed to, and when. A version agreed to before keeps its time. */
export async function recordConsent(sql: Sql, accountId: number, agreed: Versions): Promise<void> {
  await sql`
    insert into consent (account_id, document, version, agreed_at)
    select ${accountId}, document, version, ${now()}
    from unnest(${documentNames}::text[], ${documentNames.map((name) => agreed[name])}::int[]) as given (document, version)
    on conflict do nothing`
}

/** The newest version of each document that an account has agreed to; none of those it never was asked about. */
export async function agreedVersions(sql: Sql, accountId: number): Promise<Partial<Versions>> {
  const { rows } = await sql<{ document: DocumentName; version: number }>`
    select document, max(version) as version from consent where account_id = ${accountId} group by document`
  return Object.fromEntries(rows.map(({ document, version }) => [document, version]))
}

/** The versions in force, when an account has agreed to others before. Who was never asked is not asked: undefined. */
export async function versionsToAgreeTo(sql: Sql, accountId: number): Promise<Versions | undefined> {
  const [agreed, inForce] = [await agreedVersions(sql, accountId), await numbersInForce(sql)]
  return documentNames.some((name) => agreed[name] !== undefined && agreed[name] < inForce[name]) ? inForce : undefined
}
