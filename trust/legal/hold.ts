import { now } from '#system'
import { Fragment, fragment, type OpenAccount } from '#storage'
import type { Preservable } from './intake.ts'

/** A name of the program's, never one from outside. */
const named = (name: string): Fragment => new Fragment([name], [])

/**
 * That no order of an authority holds a row: the one condition by which everything that ends an account's things asks for it.
 * @param table  whose column account_id names the account
 */
export const isNotHeld = (table: string, what: Preservable): Fragment => fragment`not exists (
  select from legal_subject s where s.account_id = ${named(table)}.account_id and s.held_until > ${now()}
    and ${what} = any(s.holds))`

/** What a person may be told of orders that hold something of theirs. */
export interface Hold {
  /** Whether every order that holds it may be named by now. */
  isTold: boolean
  until: Date
}

/** Undefined when nothing of an account is held. @param what  anything without it */
export async function holdOn({ id, sql }: OpenAccount, what?: Preservable): Promise<Hold | undefined> {
  const { rows } = await sql<{ told: boolean; until: Date }>`
    select bool_and(told_from <= ${now()}) as told, max(held_until) as until from legal_subject
    where account_id = ${id} and held_until > ${now()} and (${what ?? null}::text is null or ${what ?? null} = any(holds))
    having count(*) > 0`
  const [row] = rows
  return row && { isTold: row.told, until: row.until }
}

/** The cases that an account was concerned by, as far as its owner may know. */
export async function toldCases({
  id,
  sql,
}: OpenAccount): Promise<{ reference: string; heldUntil: Date | null; holds: string[]; toldFrom: Date }[]> {
  const { rows } = await sql<{ reference: string; heldUntil: Date | null; holds: string[]; toldFrom: Date }>`
    select case_id as reference, held_until as "heldUntil", holds, told_from as "toldFrom" from legal_subject
    where account_id = ${id} and told_from <= ${now()} order by told_from, case_id`
  return rows
}
