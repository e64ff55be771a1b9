import { createMailbox, MAIL, mailboxPath } from '#mail'
import { findFolderByPath } from '#items'
import type { FileInto } from '#mail/filing'
import { mailboxFor } from '#mail/scripts'
import type { OpenAccount, Transaction } from '#storage'

/** Where a copy lies: where it would without a script, in a mailbox that is there, or in one that is to be made. */
export type Place = { kind: 'usual' } | { kind: 'found'; id: number } | { kind: 'made'; path: string }

/** What is nowhere is where it would be without a script. */
export async function placeOf(account: OpenAccount, action: FileInto): Promise<Place> {
  const found = await mailboxFor(account, action)
  if (found !== undefined) return { kind: 'found', id: found }
  return action.isCreated ? { kind: 'made', path: action.mailbox } : { kind: 'usual' }
}

/** The folder of a copy, made where it is to be. */
export async function mailboxAt(tx: Transaction, place: Place, usual: number): Promise<number> {
  if (place.kind === 'usual') return usual
  if (place.kind === 'found') return place.id
  const { account, sql } = tx
  const { from, names } = await mailboxPath(account, place.path, sql)
  let at = from
  for (let depth = 1; depth <= names.length; depth++) {
    const path = names.slice(0, depth)
    at = (await findByNames(tx, path, from)) ?? (await createMailbox(tx, { name: path.at(-1) as string, parentId: at }))
  }
  return at
}

const findByNames = (
  { account, sql }: Transaction,
  names: readonly string[],
  from: number,
): Promise<number | undefined> => findFolderByPath(account, MAIL, names, sql, from)
