import { randomBytes } from 'node:crypto'
import { now, Refusal } from '#system'
import type { Sql, Storage } from '#storage'
import { BEFORE_FIRST, digestOf, hashOf, SALT_BYTES } from '#trust/signing'
import { Reason, type AccessReason, type Entry, type Field } from './entry.ts'

/** Stands for everybody who has an account. */
export const EVERYBODY = 0

/** Accounts of one look. */
const MOST_ACCOUNTS = 10_000

/** A look that is about to happen. */
export interface Access extends AccessReason {
  by: Entry['by']
  staff?: number | undefined
  fields: readonly Field[]
  /** An order keeps it from the person until then. */
  shownFrom?: Date | undefined
}

/**
 * Writes down that somebody is about to look at what is held about people; only then may they. Undone with the transaction in
 * which the look is.
 * @param about  the accounts' ids, or EVERYBODY
 * @throws Refusal 'invalid' without a purpose and a reference that can be read
 */
export async function recordAccess(
  storage: Storage,
  about: readonly number[] | typeof EVERYBODY,
  access: Access,
): Promise<void> {
  const { by, staff, fields, shownFrom = null } = access
  const accounts = about === EVERYBODY ? [EVERYBODY] : about
  if (accounts.length > MOST_ACCOUNTS) throw new Refusal('tooLarge', { fields: ['accounts'] })
  const reason = Reason.safeParse(access)
  if (!reason.success) throw new Refusal('invalid', { fields: reason.error.issues.map(({ path }) => String(path[0])) })
  const entry: Entry = {
    at: now().toISOString(),
    by,
    ...(staff === undefined ? {} : { staff }),
    ...reason.data,
    fields: [...fields],
  }
  const text = JSON.stringify(entry)
  const sealers = await Promise.all(accounts.map((id) => sealerOf(storage, id)))
  await storage.database.transaction(async (sql) => {
    let { number, hash } = await headOf(sql)
    for (const [i, accountId] of accounts.entries()) {
      const salt = randomBytes(SALT_BYTES)
      const digest = digestOf(salt, text)
      hash = hashOf(hash, ++number, digest)
      await sql`insert into access_chain (number, digest, hash) values (${number}, ${digest}, ${hash})`
      const sealed = sealers[i]?.(number, Buffer.concat([salt, Buffer.from(text)]))
      if (sealed !== undefined)
        await sql`
          insert into access_entry (account_id, number, at, sealed, shown_from)
          values (${accountId}, ${number}, ${entry.at}, ${sealed}, ${shownFrom})`
    }
  })
}

type Sealer = (number: number, value: Uint8Array) => Buffer

/** Undefined for an account whose key is destroyed: nobody is left who could read it. */
async function sealerOf(storage: Storage, accountId: number): Promise<Sealer | undefined> {
  if (accountId === EVERYBODY) {
    const key = await storage.keys.serviceKey('access')
    return (number, value) => key.seal(String(number), value)
  }
  const account = await storage.openAccount(accountId).catch((error: unknown) => {
    if (error instanceof Refusal && error.reason === 'notFound') return undefined
    throw error
  })
  return account && ((number, value) => account.seal('access', number, value))
}

/** The chain's last link, which nobody adds to before the transaction ends. */
async function headOf(sql: Sql): Promise<{ number: number; hash: Uint8Array }> {
  await sql`select pg_advisory_xact_lock(hashtext('zegel access'))`
  const { rows } = await sql<{ number: number; hash: Buffer }>`
    select number, hash from access_chain order by number desc limit 1`
  return rows[0] ?? { number: 0, hash: BEFORE_FIRST }
}
