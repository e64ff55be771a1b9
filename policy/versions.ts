import { now, nowMs } from '#system'
import type { Database, Sql } from '#storage'
import { documentNames, documents, type DocumentName, type Versions } from './documents.ts'
import { followPromises, refuseBrokenPromises, type KeptSettings, type Promises } from './promises.ts'
import { catalogues, type Catalogue, type Language } from './texts.ts'

const DAY_MS = 86_400_000

/** What a version says: its words in each language, with gaps for who runs the service, and the promises that fill the others. */
export interface Content {
  texts: Record<Language, Catalogue>
  /** Null for the terms, which promise no number. */
  promises: Promises | null
}

export interface Version {
  document: DocumentName
  version: number
  content: Content
  announcedAt: Date
  /** From when on it is in force. */
  from: Date
}

interface Row {
  document: DocumentName
  version: number
  content: Content
  announced_at: Date
  effective_at: Date
}

/** What the program and the operator's file say now. */
export const contentOf = (document: DocumentName, promises: Promises): Content => ({
  texts: catalogues[document],
  promises: document === 'policy' ? promises : null,
})

/** The version of a server that has kept none yet. */
export function firstVersion(document: DocumentName, promises: Promises): Version {
  const { version, date } = documents[document]
  const from = new Date(date)
  return { document, version, content: contentOf(document, promises), announcedAt: from, from }
}

/**
 * Keeps what the texts and the promises say now. Something else than before is a new version: it takes effect `noticeDays` from
 * now, and what was in force stays so until then. The first that a server keeps is in force at once.
 * @returns the versions that are new
 */
export async function keepVersions(
  database: Pick<Database, 'transaction'>,
  promises: Promises,
  noticeDays: number,
): Promise<Version[]> {
  return database.transaction(async (sql) => {
    // Several processes may start at once.
    await sql`select pg_advisory_xact_lock(hashtext('zegel policy'))`
    const kept: Version[] = []
    for (const document of documentNames) {
      const content = contentOf(document, promises)
      const { rows } = await sql<{ version: number; is_same: boolean }>`
        select version, content = ${JSON.stringify(content)}::jsonb as is_same
        from policy_version where document = ${document} order by version desc limit 1`
      const [newest] = rows
      if (newest?.is_same === true) continue
      const first = firstVersion(document, promises)
      const next: Version =
        newest === undefined
          ? first
          : {
              document,
              content,
              version: Math.max(newest.version + 1, first.version),
              announcedAt: now(),
              from: new Date(nowMs() + noticeDays * DAY_MS),
            }
      await sql`
        insert into policy_version (document, version, content, announced_at, effective_at)
        values (${document}, ${next.version}, ${JSON.stringify(content)}::jsonb, ${next.announcedAt}, ${next.from})`
      if (newest !== undefined) kept.push(next)
    }
    return kept
  })
}

/** Every version of a document that is known here, the newest first; what is announced stands among them. */
export async function versionsOf(sql: Sql, document: DocumentName): Promise<Version[]> {
  const { rows } = await sql<Row>`
    select document, version, content, announced_at, effective_at from policy_version
    where document = ${document} order by version desc`
  return rows.map(versionOf)
}

const versionOf = ({ document, version, content, announced_at, effective_at }: Row): Version => ({
  document,
  version,
  content,
  announcedAt: announced_at,
  from: effective_at,
})

/** The versions in force. @param promises  those of the file, for a server that has kept no version yet */
export async function versionsInForce(sql: Sql, promises: Promises): Promise<Record<DocumentName, Version>> {
  const { rows } = await sql<Row>`
    select distinct on (document) document, version, content, announced_at, effective_at from policy_version
    where effective_at <= ${now()} order by document, version desc`
  const found = new Map(rows.map((row) => [row.document, versionOf(row)]))
  return {
    policy: found.get('policy') ?? firstVersion('policy', promises),
    terms: found.get('terms') ?? firstVersion('terms', promises),
  }
}

/** The numbers of the versions in force. */
export async function numbersInForce(sql: Sql): Promise<Versions> {
  const { rows } = await sql<{ document: DocumentName; version: number }>`
    select document, max(version) as version from policy_version where effective_at <= ${now()} group by document`
  const found = new Map(rows.map(({ document, version }) => [document, version]))
  return {
    policy: found.get('policy') ?? documents.policy.version,
    terms: found.get('terms') ?? documents.terms.version,
  }
}

/** The versions that are announced and not yet in force, the next first. */
export async function versionsToCome(sql: Sql): Promise<Pick<Version, 'document' | 'version' | 'from'>[]> {
  const { rows } = await sql<Pick<Row, 'document' | 'version' | 'effective_at'>>`
    select document, version, effective_at from policy_version
    where effective_at > ${now()} order by effective_at, document`
  return rows.map(({ document, version, effective_at }) => ({ document, version, from: effective_at }))
}

/**
 * The promises in force: those of the version in force, whatever the file says by now. Undefined on a server that has kept none.
 * Of a version that an older program kept, promises that did not exist then are as the file has them.
 */
export async function promisesInForce(sql: Sql, ofFile: Promises): Promise<Promises> {
  // Without the texts: this is asked whenever somebody looks at what depends on a promise.
  const { rows } = await sql<{ promises: Partial<Promises> | null }>`
    select content -> 'promises' as promises from policy_version
    where document = 'policy' and effective_at <= ${now()} order by version desc limit 1`
  return { ...ofFile, ...rows[0]?.promises }
}

/**
 * Holds settings to the promises in force: those that nobody has chosen follow them, in place.
 * @throws Refusal 'invalid' with the promises that the others break
 */
export async function holdToPromises(sql: Sql, settings: KeptSettings, ofFile: Promises): Promise<void> {
  const inForce = await promisesInForce(sql, ofFile)
  followPromises(settings, inForce)
  refuseBrokenPromises(settings, inForce)
}
