import type { OpenAccount, Storage } from '#storage'
import type { LastUse } from './use.ts'
import { useOf } from './use.ts'
import type { Scope } from './scopes.ts'

/** An app password as its owner sees it. */
export interface AppPassword extends LastUse {
  id: number
  name: string
  scopes: Scope[]
  readOnly: boolean
  createdAt: Date
  /** To within five minutes; null before the first time. */
  lastUsedAt: Date | null
}

interface Row {
  app_password_id: number
  name: Buffer
  scopes: Scope[]
  is_read_only: boolean
  created_at: Date
  last_used_at: Date | null
  last_use: Buffer | null
}

/** An account's app passwords, the newest first. */
export async function listAppPasswords(storage: Storage, account: OpenAccount): Promise<AppPassword[]> {
  const { rows } = await storage.database.sql<Row>`
    select app_password_id, name, scopes, is_read_only, created_at, last_used_at, last_use
    from app_password where account_id = ${account.id} order by app_password_id desc`
  return rows.map((row) => ({
    id: row.app_password_id,
    name: account.open('app_password', row.app_password_id, row.name).toString(),
    scopes: row.scopes,
    readOnly: row.is_read_only,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    ...useOf(account, row.app_password_id, row.last_use),
  }))
}
