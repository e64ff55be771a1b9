import type { Sql } from '#storage'

/** Names that every domain has, whoever asks: RFC 2142 §2 and §4, and RFC 5321 §4.5.1. */
const ROLES = new Set(['abuse', 'postmaster'])

/** Whether an address is one of a role that whoever runs the service fills where nobody has it. */
export const isRole = (local: string): boolean => ROLES.has(local.toLowerCase())

/** Who runs the service: the oldest operator's account, if the domain is served. Reads only what zegel_receiver may. */
export async function findOperator(sql: Sql, domain: string): Promise<number | undefined> {
  const { rows } = await sql<{ account_id: number | null }>`
    select oldest_operator() as account_id where exists (select from domain where domain = ${domain})`
  return rows[0]?.account_id ?? undefined
}

/** Whether one of these accounts is an operator's. Reads only what zegel_receiver may. */
export async function isOperated(sql: Sql, accountIds: readonly number[]): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`select is_operated(${[...accountIds]}::bigint[]) as found`
  return rows[0]?.found === true
}
