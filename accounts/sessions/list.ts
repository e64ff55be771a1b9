import { now } from '#system'
import type { OpenAccount, Storage } from '#storage'
import { sessionIdOf } from './id.ts'

/** How a session's token travels: in our cookie, or in an Authorization header. */
export type SessionKind = 'cookie' | 'bearer'

/** What is sealed in a session's row. */
export interface SessionDetail {
  /** Name and version. */
  browser: string | null
  /** ISO 3166 code of two letters. */
  country: string | null
}

/** A session as its owner sees it. */
export interface Session extends SessionDetail {
  id: string
  kind: SessionKind
  createdAt: Date
  /** To within five minutes. */
  lastUsedAt: Date
  expiresAt: Date
  isCurrent: boolean
}

interface Row {
  token_key: Buffer
  kind: SessionKind
  sealed: Buffer
  created_at: Date
  last_used_at: Date
  expires_at: Date
}

/** An account's living sessions, the last used first. */
export async function listSessions(storage: Storage, account: OpenAccount, currentId?: string): Promise<Session[]> {
  const { rows } = await storage.database.sql<Row>`
    select token_key, kind, sealed, created_at, last_used_at, expires_at from session
    where account_id = ${account.id} and expires_at > ${now()} order by last_used_at desc, created_at desc`
  return rows.map((row) => {
    const id = sessionIdOf(row.token_key)
    return {
      id,
      kind: row.kind,
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at,
      expiresAt: row.expires_at,
      ...(JSON.parse(account.open('session', id, row.sealed).toString()) as SessionDetail),
      isCurrent: id === currentId,
    }
  })
}
