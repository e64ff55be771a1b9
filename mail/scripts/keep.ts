import type { Script } from '#formats/sieve'
import { addRecord, deleteRecord, findRecord, overwriteRecord, readRecords, removeRecord, updateRecord } from '#items'
import type { OpenAccount, Transaction } from '#storage'
import { Refusal } from '#system'
import { ACTIVE, checkScript, checkScriptName, MOST_SCRIPTS, ONLY, SCRIPT, type ScriptText } from './script.ts'

/**
 * @returns its id
 * @throws SieveError; Refusal 'invalid' for its name, 'exists' when another is called so, 'tooLarge', 'tooManyItems'
 */
export async function createScript(account: OpenAccount, { name, text }: ScriptText): Promise<number> {
  const value = { name: checkScriptName(name), text }
  checkScript(text)
  return account.write((tx) => add(tx, value))
}

/** Keeps a script under its name, in place of the one that is called so. RFC 5804 §2.6. @throws as createScript, but for 'exists' */
export async function putScript(account: OpenAccount, { name, text }: ScriptText): Promise<Script> {
  const value = { name: checkScriptName(name), text }
  const script = checkScript(text)
  await account.write(async (tx) => {
    const found = await findRecord<ScriptText>(account, SCRIPT, value.name, tx.sql)
    if (found === undefined) await add(tx, value)
    else await overwriteRecord(tx, SCRIPT, found.id, { value, lookup: value.name })
  })
  return script
}

async function add(tx: Transaction, value: ScriptText): Promise<number> {
  if ((await readRecords(tx.account, SCRIPT, null, tx.sql)).length >= MOST_SCRIPTS) throw new Refusal('tooManyItems')
  return addRecord(tx, { kind: SCRIPT, value, lookup: value.name })
}

/** Gives a script another name, another text, or both; what it was comes back from the timeline. @throws as createScript; Refusal 'notFound' */
export async function updateScript(account: OpenAccount, id: number, patch: Partial<ScriptText>): Promise<void> {
  const { name, text } = patch
  const kept = name === undefined ? undefined : checkScriptName(name)
  if (text !== undefined) checkScript(text)
  await account.write(async (tx) => {
    const [record] = await readRecords<ScriptText>(account, SCRIPT, [id], tx.sql)
    if (record === undefined) throw new Refusal('notFound')
    const value = { name: kept ?? record.value.name, text: text ?? record.value.text }
    await overwriteRecord(tx, SCRIPT, id, { value, lookup: value.name })
  })
}

/** @throws Refusal 'notFound'; 'forbidden' for the active one (RFC 5804 §2.10) */
export async function removeScript(account: OpenAccount, id: number): Promise<void> {
  await account.write(async (tx) => {
    if ((await findRecord<number>(account, ACTIVE, ONLY, tx.sql))?.value === id) throw new Refusal('forbidden')
    await deleteRecord(tx, SCRIPT, id)
  })
}

/** From now on it files what arrives, and no other; without one all goes to the inbox. @throws Refusal 'notFound' */
export async function activateScript(account: OpenAccount, id: number | undefined): Promise<void> {
  await account.write(async (tx) => {
    const active = await findRecord<number>(account, ACTIVE, ONLY, tx.sql)
    if (active?.value === id) return
    if (id === undefined) return removeRecord(tx, ACTIVE, active?.id as number)
    if ((await readRecords(account, SCRIPT, [id], tx.sql)).length === 0) throw new Refusal('notFound')
    if (active === undefined) await addRecord(tx, { kind: ACTIVE, value: id, lookup: ONLY })
    else await updateRecord(tx, ACTIVE, active.id, { value: id })
  })
}
