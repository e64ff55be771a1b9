import { Refusal } from '#system'
import type { OpenAccount, Sql, Transaction } from '#storage'

/** An account's keywords: the names are sealed, items carry the numbers. */
export interface Keywords {
  names: Map<number, string>
  numbers: Map<string, number>
}

/** Different keywords an account may have. */
export const MOST_KEYWORDS = 2000

/** Reads the account's keywords. They are few and never renumbered. */
export async function readKeywords(account: OpenAccount, sql: Sql = account.sql): Promise<Keywords> {
  const { rows } = await sql<{ number: number; name: Buffer }>`
    select number, name from keyword where account_id = ${account.id}`
  const names = new Map(rows.map(({ number, name }) => [number, account.open('keyword', number, name).toString()]))
  return { names, numbers: new Map([...names].map(([number, name]) => [name, number])) }
}

/** What each opened account's keywords were when they were last read: a number keeps its name for ever. */
const seen = new WeakMap<OpenAccount, Map<number, string>>()

/** The names of these numbers and perhaps others, read only when one is not known yet. */
export async function keywordNames(
  account: OpenAccount,
  numbers: Iterable<number>,
): Promise<ReadonlyMap<number, string>> {
  const known = seen.get(account) ?? new Map<number, string>()
  for (const number of numbers) {
    if (known.has(number)) continue
    const { names } = await readKeywords(account)
    seen.set(account, names)
    return names
  }
  return known
}

/** The numbers of these names, giving new ones where needed. Names are kept as they come; the kind decides about case. */
export async function numberKeywords(tx: Transaction, names: Iterable<string>): Promise<Keywords> {
  const known = await readKeywords(tx.account, tx.sql)
  const missing = [...new Set(names)].filter((name) => !known.numbers.has(name))
  if (known.names.size + missing.length > MOST_KEYWORDS) throw new Refusal('tooManyItems', { fields: ['keywords'] })
  let number = Math.max(0, ...known.names.keys())
  for (const name of missing) {
    number++
    await tx.sql`
      insert into keyword (account_id, number, name, name_key)
      values (${tx.account.id}, ${number}, ${tx.account.seal('keyword', number, name)}, ${tx.account.lookupKey('keyword', name)})`
    known.names.set(number, name)
    known.numbers.set(name, number)
  }
  return known
}
