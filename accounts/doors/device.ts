import type { Actor, OpenAccount, Sql } from '#storage'
import { tokenKeyOf } from '../sessions/id.ts'
import type { SessionDetail, SessionKind } from '../sessions/list.ts'
import { doorKey, type Door } from './door.ts'

/** By what somebody did something, as the owner of the account is told of it. */
export interface Device {
  by: Door['by'] | 'browser'
  /** Of the browser with its version, of the program, or of the app password; null where it has none. */
  name: string | null
  protocol: Protocol
}

export type Protocol = 'jmap' | 'imap' | 'pop3' | 'managesieve'

/** Who acts that came in by a door. What a door is called is looked up only where somebody has to be told. */
export function actorOf(door: Door, protocol: Protocol): Actor {
  return {
    key: `${protocol}/${doorKey(door)}`,
    describe: async (account, sql) => ({ ...(await describe(account, sql, door)), protocol }) satisfies Device,
  }
}

async function describe(account: OpenAccount, sql: Sql, door: Door): Promise<Omit<Device, 'protocol'>> {
  if (door.by === 'password') return { by: 'password', name: null }
  if (door.by === 'appPassword') {
    const { rows } = await sql<{ name: Buffer }>`
      select name from app_password where account_id = ${account.id} and app_password_id = ${door.id}`
    const name = rows[0] && account.open('app_password', door.id, rows[0].name).toString()
    return { by: 'appPassword', name: name ?? null }
  }
  const { rows } = await sql<{ kind: SessionKind; sealed: Buffer }>`
    select kind, sealed from session where token_key = ${tokenKeyOf(door.id) ?? null}::bytea and account_id = ${account.id}`
  const [session] = rows
  if (session === undefined) return { by: 'session', name: null }
  const { browser } = JSON.parse(account.open('session', door.id, session.sealed).toString()) as SessionDetail
  return { by: session.kind === 'cookie' ? 'browser' : 'session', name: browser }
}
