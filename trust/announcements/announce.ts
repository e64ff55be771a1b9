import { accountLetter, addressesOf, readSettings } from '#accounts'
import { enqueue, prepareOwnLetter, wakeQueue } from '#mail/outbound'
import { differenceInWords, differenceOf, documentNames, versionsOf, type DocumentName, type Version } from '#policy'
import type { Storage } from '#storage'
import { now, type Config } from '#system'

/** Accounts told in one run of a job that comes round every five minutes. */
const MOST = 1000

interface Announced {
  version: Version
  before: Version
}

/**
 * Writes to the accounts that have not been told of a version that is announced: a letter into their own inbox, with what changes in
 * words. That it was done is written with the letter, so that nobody is told twice. Who opened the account after the announcement
 * has read it there.
 * @returns how many were told
 */
export async function announceVersions(
  storage: Storage,
  { hostname }: Pick<Config, 'hostname'>,
  most = MOST,
): Promise<{ told: number }> {
  let told = 0
  for (const document of documentNames)
    for (const announced of await announcedOf(storage, document)) {
      const { version, announcedAt } = announced.version
      const { rows } = await storage.database.sql<{ account_id: number }>`
        select a.account_id from account a
        where a.kind = 'person' and a.state in ('open', 'suspended') and a.created_at < ${announcedAt} and not exists (
          select from policy_notice n where n.account_id = a.account_id and n.document = ${document} and n.version = ${version})
        order by a.account_id limit ${most - told}`
      for (const row of rows) told += (await tell(storage, hostname, row.account_id, announced)) ? 1 : 0
    }
  if (told > 0) wakeQueue(storage)
  return { told }
}

/** Versions that are not in force yet, each with the one before it. */
async function announcedOf({ database }: Storage, document: DocumentName): Promise<Announced[]> {
  const versions = await versionsOf(database.sql, document)
  return versions.flatMap((version, at) => {
    const before = versions[at + 1]
    return version.from > now() && before !== undefined ? [{ version, before }] : []
  })
}

async function tell(
  storage: Storage,
  host: string,
  accountId: number,
  { version, before }: Announced,
): Promise<boolean> {
  const account = await storage.openAccount(accountId)
  const [{ language, timeZone }, [address]] = await Promise.all([
    readSettings(account),
    addressesOf(storage, accountId),
  ])
  if (address === undefined) return false
  const { document, from } = version
  const changes = differenceInWords(differenceOf(before.content, version.content, language), language)
  const words = accountLetter({
    kind: document === 'policy' ? 'policyChanges' : 'termsChange',
    language,
    values: {
      host,
      address,
      until: new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { dateStyle: 'long', timeZone }).format(
        from,
      ),
      changes: changes.map((change) => `- ${change}`).join('\n'),
      link: `https://${host}/${language}/${document}/versions/${version.version}`,
    },
  })
  const letter = await prepareOwnLetter(storage, { to: address, language, ...words })
  return storage.database.transaction(async (sql) => {
    const { rowCount } = await sql`
      insert into policy_notice (account_id, document, version, told_at)
      values (${accountId}, ${document}, ${version.version}, ${now()}) on conflict do nothing`
    if (rowCount === 0) return false
    await enqueue(sql, letter)
    return true
  })
}
