import { findAccount, findList, insertListAddress, removeListAddress, type Posting } from '#accounts'
import { addRecord, removeRecord, readRecords } from '#items'
import { newId, type OpenAccount, type Storage } from '#storage'
import { Refusal } from '#system'
import { INVITATION, MEMBER, type Member } from './members.ts'

/** Kinds of records: what a list is, for its owner's account. */
export const LIST = 'list'

/** As it is kept. */
export interface List {
  address: string
  /** What its readers see. */
  name: string
}

/** A list that was found, with its owner's account. */
export interface OpenList extends List {
  account: OpenAccount
  id: number
  posting: Posting
}

/** Characters of a name. */
const LONGEST_NAME = 100

/** @throws Refusal 'invalid', 'domainUnknown', 'exists', 'addressFormer', 'tooManyItems' */
export async function createList(
  storage: Storage,
  account: OpenAccount,
  { address, name, posting }: { address: string; name: string; posting: Posting },
): Promise<OpenList> {
  const title = name.replace(/[\p{C}\s]+/gu, ' ').trim()
  if (title === '' || title.length > LONGEST_NAME) throw new Refusal('invalid', { fields: ['name'] })
  const id = newId()
  const written = await account.write(async (tx) => {
    const own = await insertListAddress(storage, tx, { address, listId: id, posting })
    await addRecord(tx, { kind: LIST, id, value: { address: own, name: title } satisfies List })
    return own
  })
  return { account, id, address: written, name: title, posting }
}

/** The list that has an address. @throws Refusal 'addressUnknown' when none has */
export async function loadList(storage: Storage, address: string): Promise<OpenList> {
  const found = await findList(storage, address)
  if (found === undefined) throw new Refusal('addressUnknown')
  return openList(storage, found)
}

/** @throws Refusal 'notFound' */
export async function openList(
  storage: Storage,
  { accountId, listId, posting }: { accountId: number; listId: number; posting: Posting },
): Promise<OpenList> {
  const account = await storage.openAccount(accountId)
  const [record] = await readRecords<List>(account, LIST, [listId])
  if (record === undefined) throw new Refusal('notFound')
  return { ...record.value, account, id: listId, posting }
}

/** Whose list an address of an account may be. @throws Refusal 'addressUnknown' */
export async function ownerOf(storage: Storage, address: string): Promise<OpenAccount> {
  const owner = await findAccount(storage, address)
  if (owner === undefined || owner.state !== 'open') throw new Refusal('addressUnknown')
  return storage.openAccount(owner.id)
}

/** Ends a list: its address is free, and nobody is a member any more. */
export async function removeList({ account, id }: OpenList): Promise<void> {
  await account.write(async (tx) => {
    await removeListAddress(tx, id)
    for (const kind of [MEMBER, INVITATION])
      for (const record of await readRecords<Member>(account, kind, null, tx.sql))
        if (record.value.list === id) await removeRecord(tx, kind, record.id)
    await removeRecord(tx, LIST, id)
  })
}
