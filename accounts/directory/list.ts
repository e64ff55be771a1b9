import { fragment, type Fragment, type Storage } from '#storage'
import { addressKey, openAddress } from './addresses.ts'

/** An account as the operator sees it. */
export interface AccountEntry {
  id: number
  /** The primary one. */
  address: string
  state: 'open' | 'suspended' | 'closed' | 'erasing'
  kind: 'person' | 'group' | 'space'
  isOperator: boolean
  createdAt: Date
  /** When the service itself stopped its sending, and for which signals (`#mail/abuse`). */
  stoppedAt: Date | null
  stoppedFor: string[] | null
}

/** All accounts, the oldest first. */
export const listAccounts = (storage: Storage): Promise<AccountEntry[]> => select(storage, fragment`true`)

/**
 * The account that has exactly this address, in whatever state. By a masked one nobody is found who looks for a person; whoever
 * acts on what was sent from it says `alsoMasked`.
 */
export async function findAccount(
  storage: Storage,
  address: string,
  { alsoMasked = false } = {},
): Promise<AccountEntry | undefined> {
  const key = addressKey(await storage.keys.serviceKey('directory'), address)
  const [entry] = await select(
    storage,
    fragment`account_id = (
      select account_id from address where address_key = ${key} and (not is_masked or ${alsoMasked}))`,
  )
  return entry
}

async function select(storage: Storage, condition: Fragment): Promise<AccountEntry[]> {
  const directory = await storage.keys.serviceKey('directory')
  const { rows } = await storage.database.sql<Omit<AccountEntry, 'address'> & { address_key: Buffer; sealed: Buffer }>`
    select account_id as id, state, kind, is_operator as "isOperator", account.created_at as "createdAt",
      stopped_at as "stoppedAt", stopped_for as "stoppedFor", address_key, sealed
    from account join address using (account_id)
    where is_primary and ${condition}
    order by account.created_at, account_id`
  return rows.map(({ address_key, sealed, ...entry }) => ({
    ...entry,
    address: openAddress(directory, { address_key, sealed }),
  }))
}
