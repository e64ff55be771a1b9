import { now, nowMs } from '#system'
import type { OpenAccount, Storage } from '#storage'
import { programName } from './name.ts'

/** A use is noted at most this often. */
const NOTE_MS = 5 * 60_000

/** What a program says of itself, and where it is. */
export interface ClientSaid {
  /** Of the program, as it says. */
  name?: string | undefined
  /** ISO 3166 code of two letters. */
  country?: string | undefined
}

/** From where an app password was used last. */
export interface LastUse {
  country: string | null
  client: string | null
}

/** Apart from the name, which is sealed for the same row. */
const placeOf = (id: number): string => `${id}/last_use`

/** Notes that an app password was used, and from where; sealed. */
export async function noteUse(
  storage: Storage,
  accountId: number,
  { id, lastUsedAt }: { id: number; lastUsedAt: Date | null },
  { name, country = '' }: ClientSaid,
): Promise<void> {
  if (lastUsedAt !== null && lastUsedAt.getTime() > nowMs() - NOTE_MS) return
  const account = await storage.openAccount(accountId)
  const use: LastUse = { country: /^[A-Z]{2}$/.test(country) ? country : null, client: programName(name) }
  const sealed = account.seal('app_password', placeOf(id), JSON.stringify(use))
  await storage.database.sql`
    update app_password set last_used_at = ${now()}, last_use = ${sealed}
    where account_id = ${accountId} and app_password_id = ${id}`
}

export function useOf(account: OpenAccount, id: number, sealed: Buffer | null): LastUse {
  if (sealed === null) return { country: null, client: null }
  return JSON.parse(account.open('app_password', placeOf(id), sealed).toString()) as LastUse
}
