import { nowMs, Refusal } from '#system'
import { newId, type OpenAccount, type Sql, type Storage } from '#storage'
import { secretKey, sealScram } from './keys.ts'
import { appPasswordName } from './name.ts'
import { checkScopes } from './scopes.ts'
import { newSecret, showSecret } from './secret.ts'

/** App passwords of one account. SCRAM tries them all. */
export const MOST_APP_PASSWORDS = 50

export interface NewAppPassword {
  name: string
  scopes: readonly string[]
  readOnly: boolean
  /** Of the main password that was given for it, as confirmPassword says: one that was replaced meanwhile makes none. */
  passwordSetAt: Date
  /** What belongs to it, in its transaction. */
  within?: ((sql: Sql) => Promise<void>) | undefined
}

/**
 * Makes an app password. The secret is given once, here: kept is what it is found and proven by.
 * @returns the secret as it is shown
 * @throws Refusal 'invalid' with the fields at fault; 'tooManyItems'; 'badCredentials' when the main password is no
 * longer that of `passwordSetAt`
 */
export async function createAppPassword(
  storage: Storage,
  account: OpenAccount,
  { name, scopes, readOnly, passwordSetAt, within }: NewAppPassword,
): Promise<{ id: number; secret: string; createdAt: Date }> {
  const id = newId()
  const bare = newSecret()
  const kept = { name: appPasswordName(name), scopes: checkScopes(scopes) }
  const credentials = await storage.keys.serviceKey('credentials')
  const scram = await sealScram(credentials, account.id, id, bare)
  const createdAt = new Date(nowMs())
  await storage.database.transaction(async (sql) => {
    // One at a time, and none after a change that ends them.
    const { rowCount } = await sql`
      select from password where account_id = ${account.id} and changed_at = ${passwordSetAt} for update`
    if (rowCount === 0) throw new Refusal('badCredentials')
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from app_password where account_id = ${account.id}`
    if ((rows[0]?.count ?? 0) >= MOST_APP_PASSWORDS) throw new Refusal('tooManyItems')
    await sql`
      insert into app_password (account_id, app_password_id, secret_key, scram, name, scopes, is_read_only, created_at)
      values (${account.id}, ${id}, ${secretKey(credentials, bare)}, ${scram},
              ${account.seal('app_password', id, kept.name)}, ${kept.scopes}, ${readOnly}, ${createdAt})`
    await within?.(sql)
  })
  return { id, secret: showSecret(bare), createdAt }
}
