import { createFolder, emptyInto, findFolderByRole, removeFolder, updateFolder, type FolderUpdate } from '#items'
import type { Transaction } from '#storage'
import { Refusal } from '#system'
import { MAIL } from '../kind.ts'
import { ROLES } from './standard.ts'

export interface NewMailbox {
  name: string
  /** 0 for the top. */
  parentId?: number | undefined
  role?: string | undefined
  sortOrder?: number | undefined
  isSubscribed?: boolean | undefined
}

/** @throws Refusal as `createFolder`, and 'invalid' for a role that is none */
export function createMailbox(
  tx: Transaction,
  { name, parentId, role, sortOrder, isSubscribed }: NewMailbox,
): Promise<number> {
  checkRole(role)
  return createFolder(tx, {
    kind: MAIL,
    name,
    parentId: parentId ?? 0,
    role,
    sortOrder: sortOrder ?? 0,
    isSubscribed: isSubscribed ?? true,
  })
}

/** @throws Refusal as `updateFolder`, and 'forbidden' for what would make the inbox another mailbox */
export async function updateMailbox(tx: Transaction, id: number, update: FolderUpdate): Promise<void> {
  checkRole(update.role ?? undefined)
  const changesWhatItIs = update.role !== undefined || update.name !== undefined || update.parentId !== undefined
  if (changesWhatItIs && (await isInbox(tx, id))) throw new Refusal('forbidden')
  await updateFolder(tx, MAIL, id, update)
}

/** @throws Refusal as `removeFolder`, and 'forbidden' for the inbox */
export async function removeMailbox(tx: Transaction, id: number, withMessages: boolean): Promise<void> {
  if (await isInbox(tx, id)) throw new Refusal('forbidden')
  await removeFolder(tx, MAIL, id, { withItems: withMessages })
}

/** Moves all messages of a mailbox into one that is new and empty. */
export const emptyMailbox = (tx: Transaction, id: number, into: number): Promise<void> => emptyInto(tx, MAIL, id, into)

function checkRole(role: string | undefined): void {
  if (role !== undefined && !ROLES.includes(role)) throw new Refusal('invalid', { fields: ['role'] })
}

const isInbox = async (tx: Transaction, id: number): Promise<boolean> =>
  (await findFolderByRole(tx.account, MAIL, 'inbox', tx.sql)) === id
