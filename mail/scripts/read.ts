import { findRecord, readRecords, recordState } from '#items'
import type { OpenAccount, Sql } from '#storage'
import { ACTIVE, ONLY, SCRIPT, type ScriptText } from './script.ts'

export interface KeptScript extends ScriptText {
  id: number
  isActive: boolean
}

/** All scripts of an account, or those of the ids, the oldest first. */
export async function readScripts(
  account: OpenAccount,
  ids: readonly number[] | null = null,
  sql: Sql = account.sql,
): Promise<KeptScript[]> {
  const [scripts, active] = await Promise.all([
    readRecords<ScriptText>(account, SCRIPT, ids, sql),
    findRecord<number>(account, ACTIVE, ONLY, sql),
  ])
  return scripts.map(({ id, value }) => ({ ...value, id, isActive: id === active?.value }))
}

/** The script of this name. */
export async function findScript(
  account: OpenAccount,
  name: string,
  sql: Sql = account.sql,
): Promise<KeptScript | undefined> {
  const found = await findRecord<ScriptText>(account, SCRIPT, name.normalize('NFC'), sql)
  if (found === undefined) return undefined
  const active = await findRecord<number>(account, ACTIVE, ONLY, sql)
  return { ...found.value, id: found.id, isActive: found.id === active?.value }
}

/** Grows with every change of a script, and of which is active. */
export async function scriptsState(account: OpenAccount): Promise<number> {
  return Math.max(...(await Promise.all([recordState(account, SCRIPT), recordState(account, ACTIVE)])))
}
