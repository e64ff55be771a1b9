import {
  changePosting,
  findAccount,
  findList,
  insertListAddress,
  postingsOf,
  refuseListAddress,
  removeListAddress,
  type Posting,
} from '#accounts'
import { addRecord, removeRecord, readRecords, updateRecord } from '#items'
import { newId, type OpenAccount, type Storage } from '#storage'
import { Refusal } from '#system'
import { dropHeld } from './held.ts'
import { INVITATION, LIST, MEMBER } from './kinds.ts'
import type { Member } from './members.ts'

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

/** Who acts on a list: its owner, by their own hand and within bounds, or whoever runs the service. */
export type ListBy = 'owner' | 'operator'

/**
 * @param most  lists that the account may have with it
 * @throws Refusal 'invalid', 'domainUnknown', 'exists', 'addressFormer', 'tooManyItems', 'tooManyAttempts'
 */
export async function createList(
  storage: Storage,
  account: OpenAccount,
  { address, name, posting }: { address: string; name: string; posting: Posting },
  { by, most }: { by: ListBy; most: number } = { by: 'operator', most: Infinity },
): Promise<OpenList> {
  const title = titleOf(name)
  if (by === 'owner') await refuseListAddress(storage, account.id, address)
  const id = newId()
  const written = await account.write(async (tx) => {
    if ((await postingsOf(tx.sql, account.id)).size >= most) throw new Refusal('tooManyItems')
    const own = await insertListAddress(storage, tx, { address, listId: id, posting })
    await addRecord(tx, { kind: LIST, id, value: { address: own, name: title } satisfies List })
    return own
  })
  return { account, id, address: written, name: title, posting }
}

function titleOf(name: string): string {
  const title = name.replace(/[\p{C}\s]+/gu, ' ').trim()
  if (title === '' || title.length > LONGEST_NAME) throw new Refusal('invalid', { fields: ['name'] })
  return title
}

/** @throws Refusal 'invalid', 'notFound' */
export async function changeList(
  { account, id, address }: OpenList,
  { name, posting }: { name: string; posting: Posting },
): Promise<void> {
  const value: List = { address, name: titleOf(name) }
  await account.write(async (tx) => {
    await updateRecord(tx, LIST, id, { value })
    await changePosting(tx, id, posting)
  })
}

/** The lists of an account, the oldest first. @param ids  null for all */
export async function readLists(account: OpenAccount, ids: readonly number[] | null): Promise<OpenList[]> {
  const [records, postings] = await Promise.all([
    readRecords<List>(account, LIST, ids),
    postingsOf(account.sql, account.id),
  ])
  return records.flatMap(({ id, value }) => {
    const posting = postings.get(id)
    return posting === undefined ? [] : [{ ...value, account, id, posting }]
  })
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

/** Ends the lists of an account in a domain that is not theirs any more. */
export async function removeListsIn(account: OpenAccount, domain: string): Promise<void> {
  for (const { id, value } of await readRecords<List>(account, LIST, null))
    if (value.address.endsWith(`@${domain}`)) await removeList({ account, id })
}

/** Ends a list: its address is free, nobody is a member any more, and what waits is gone. */
export async function removeList({ account, id }: Pick<OpenList, 'account' | 'id'>): Promise<void> {
  const files = await account.write(async (tx) => {
    const dropped = await dropHeld(tx, { listId: id })
    await removeListAddress(tx, id)
    for (const kind of [MEMBER, INVITATION])
      for (const record of await readRecords<Member>(account, kind, null, tx.sql))
        if (record.value.list === id) await removeRecord(tx, kind, record.id)
    await removeRecord(tx, LIST, id)
    return dropped.files
  })
  for (const file of files) await account.blobs.removeFile(account.id, file)
}
