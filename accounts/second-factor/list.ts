import type { OpenAccount, Storage } from '#storage'
import { listPasskeys, type Passkey } from './passkeys.ts'

/** By what somebody gets in besides the password. */
export interface SecondFactors {
  /** Since when codes from an app are asked for; null when none are. */
  totpSince: Date | null
  /** In the order in which they were made. */
  passkeys: Passkey[]
  /** Recovery codes that are left, and when they were made. */
  recoveryCodes: number
  recoveryCodesMadeAt: Date | null
}

export async function readFactors(storage: Storage, account: OpenAccount): Promise<SecondFactors> {
  const [{ rows }, passkeys] = await Promise.all([
    storage.database.sql<{ since: Date | null; codes: number; made: Date | null }>`
      select (select created_at from totp where account_id = ${account.id}) as since,
        count(*)::int as codes, min(created_at) as made
      from recovery_code where account_id = ${account.id}`,
    listPasskeys(storage, account),
  ])
  const [row] = rows
  return {
    totpSince: row?.since ?? null,
    passkeys,
    recoveryCodes: row?.codes ?? 0,
    recoveryCodesMadeAt: row?.made ?? null,
  }
}

/** Whether the password alone lets nobody in to an account. */
export async function asksFactor({ database }: Storage, accountId: number): Promise<boolean> {
  const { rows } = await database.sql<{ asks: boolean }>`
    select asks_factor as asks from password where account_id = ${accountId}`
  return rows[0]?.asks === true
}
