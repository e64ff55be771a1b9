import { readSettings } from '#accounts'
import { enqueue, prepareOwnLetter, wakeQueue, type PreparedLetter } from '#mail/outbound'
import type { OpenAccount, Storage } from '#storage'
import { Refusal, type Config } from '#system'
import { goOn } from './expand.ts'
import { dropHeld, readHeld, type HeldLetter } from './held.ts'
import { readLists, type OpenList } from './list.ts'
import { touchList } from './members.ts'
import { fill, REFUSAL_TEXTS } from './texts.ts'

type DecideSettings = Pick<Config, 'hostname' | 'lists'>

/** Characters of what an owner tells an author. */
export const LONGEST_REASON = 1000

/**
 * Lets a letter that waits go on to the members, as it came.
 * @throws Refusal 'notFound'; 'tooManyAttempts' while the list has had enough letters in this hour: it waits on
 */
export async function acceptHeld(
  storage: Storage,
  config: DecideSettings,
  account: OpenAccount,
  id: number,
): Promise<void> {
  const { held, list } = await load(account, id)
  const content = await account.blobs.read(account.sql, account.id, held.blob)
  await end(storage, list, id, await goOn(storage, config, list, { ...held, content }))
}

/**
 * Takes a letter that waits away. Nobody hears of it, unless the owner has something to say to its author, whose address has to be proven:
 * whoever was named by a forger gets nothing.
 * @throws Refusal 'notFound'; 'invalid' with `reason` when there is nobody who may be told, or it is too long
 */
export async function refuseHeld(
  storage: Storage,
  { hostname }: DecideSettings,
  account: OpenAccount,
  id: number,
  reason?: string,
): Promise<void> {
  const { held, list } = await load(account, id)
  const said = (reason ?? '').trim()
  if (said.length > LONGEST_REASON || (said !== '' && held.author === undefined))
    throw new Refusal('invalid', { fields: ['reason'] })
  const letter = said === '' ? undefined : await answer(storage, hostname, list, held, said)
  await end(storage, list, id, letter)
}

async function load(account: OpenAccount, id: number): Promise<{ held: HeldLetter; list: OpenList }> {
  const [held] = await readHeld(account, { ids: [id] })
  const [list] = held === undefined ? [] : await readLists(account, [held.listId])
  if (held === undefined || list === undefined) throw new Refusal('notFound')
  return { held, list }
}

async function answer(
  storage: Storage,
  hostname: string,
  list: OpenList,
  { author = '', subject, name }: HeldLetter,
  reason: string,
): Promise<PreparedLetter> {
  const { language } = await readSettings(list.account)
  const words = fill(REFUSAL_TEXTS[language], { name: list.name, list: list.address, subject, reason, hostname })
  return prepareOwnLetter(storage, {
    to: author,
    language,
    ...words,
    automatic: 'auto-replied',
    inReplyTo: name?.messageId ?? undefined,
  })
}

/** Two who decide at once: the second finds nothing, and sends nothing. */
async function end(
  storage: Storage,
  { account, id: listId }: OpenList,
  id: number,
  letter: PreparedLetter | undefined,
): Promise<void> {
  const files = await account.write(async (tx) => {
    const dropped = await dropHeld(tx, { id })
    if (dropped.count === 0) throw new Refusal('notFound')
    if (letter !== undefined) await enqueue(tx.sql, letter)
    await touchList(tx, listId)
    return dropped.files
  })
  if (letter !== undefined) wakeQueue(storage)
  for (const file of files) await account.blobs.removeFile(account.id, file)
}
