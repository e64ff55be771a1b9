import { randomBytes } from 'node:crypto'
import { createAccount, createDomain, findAccount, writeSettings } from '#accounts'
import { allOf, createFolder, listFolders, walkItems } from '#items'
import { addMessage, createStandardMailboxes, MAIL, prepareMessage, readMessages, ROLES } from '#mail'
import type { OpenAccount, Storage, Transaction } from '#storage'
import { now, Refusal } from '#system'
import { readConversations } from './conversations.ts'
import { copiesOf, type Copy } from './copies.ts'
import { OWNERS, type Owner } from './owners.ts'
import { addressOf } from './people.ts'

/** What became of one account. */
export interface Filled {
  address: string
  /** Of a new account, told this once. */
  password: string | undefined
  /** Letters it has now by us, and how many of them came in this run. */
  letters: number
  added: number
}

/** Letters in one transaction. */
const BATCH = 40
/** Summaries opened at a time. */
const PAGE = 500

/**
 * Fills the accounts of the demo at `host`, making the domain and the accounts where they are missing. What is there
 * stays; letters are known by their Message-ID, so none comes twice.
 * @param again  fill accounts that exist as well
 * @throws Refusal 'exists' when one of them exists without `again`, or has mail and none of it from here
 */
export async function fillDemo(storage: Storage, host: string, { again = false } = {}): Promise<Filled[]> {
  const scene = { host, now: now() }
  const conversations = readConversations()
  const plans = OWNERS.map((owner) => ({
    owner,
    address: addressOf(owner.who, host),
    copies: copiesOf(owner, conversations, scene),
  }))

  const found = await Promise.all(
    plans.map(async ({ address, copies }) => {
      const entry = await findAccount(storage, address)
      if (entry === undefined) return undefined
      if (!again)
        throw refusal('The accounts of the demo exist already; with --again, letters that are missing are added.')
      const account = await storage.openAccount(entry.id)
      const present = await messageIds(account)
      const isOurs = present.size === 0 || copies.some((copy) => present.has(copy.messageId))
      if (!isOurs)
        throw refusal('An account with an address of the demo holds the mail of somebody else; nothing was added.')
      return { account, present }
    }),
  )

  await createDomain(storage, host).catch((error: unknown) => {
    if (!(error instanceof Refusal && error.reason === 'exists')) throw error
  })
  const filled: Filled[] = []
  for (const [at, { owner, address, copies }] of plans.entries()) {
    const password = found[at] === undefined ? randomBytes(12).toString('base64url') : undefined
    const { account, present } = found[at] ?? {
      account: await make(storage, owner, address, password as string),
      present: new Set(),
    }
    const missing = copies.filter((copy) => !present.has(copy.messageId))
    await add(account, missing)
    filled.push({ address, password, letters: copies.length, added: missing.length })
  }
  return filled
}

const refusal = (sentence: string): Refusal => new Refusal('exists', { fields: [sentence] })

async function make(
  storage: Storage,
  { language, labels }: Owner,
  address: string,
  password: string,
): Promise<OpenAccount> {
  const account = await storage.openAccount(
    await createAccount(storage, { address, password, language }, createStandardMailboxes),
  )
  await writeSettings(account, { labels })
  return account
}

/** The Message-IDs of all mail in an account. */
async function messageIds(account: OpenAccount): Promise<Set<string>> {
  const ids = new Set<string>()
  for await (const found of walkItems(account, { kind: MAIL, where: allOf([]) }))
    for (let at = 0; at < found.length; at += PAGE)
      for (const { summary } of await readMessages(
        account,
        found.slice(at, at + PAGE).map(({ id }) => id),
      ))
        for (const id of summary?.messageId ?? []) ids.add(id)
  return ids
}

/** Adds letters in the order they came, so that each joins the thread of those before it. */
async function add(account: OpenAccount, copies: readonly Copy[]): Promise<void> {
  for (let at = 0; at < copies.length; at += BATCH) {
    const batch = copies.slice(at, at + BATCH)
    const prepared = await Promise.all(
      batch.map(async (copy) => ({ copy, message: await prepareMessage(account, copy.source()) })),
    )
    await account.write(async (tx) => {
      const folders = await foldersFor(tx, batch)
      for (const { copy, message } of prepared) {
        const mailboxes = [folders.get(copy.mailbox) as number]
        await addMessage(tx, message, { mailboxes, keywords: copy.keywords, receivedAt: copy.receivedAt })
      }
    })
  }
}

/** The folders that letters go to, by role or path; own ones that are missing are made with those above them. */
async function foldersFor(tx: Transaction, copies: readonly Copy[]): Promise<Map<string, number>> {
  const existing = await listFolders(tx.account, MAIL, tx.sql)
  const ids = new Map<string, number>()
  for (const name of new Set(copies.map(({ mailbox }) => mailbox))) {
    if (ROLES.includes(name)) {
      ids.set(name, existing.find(({ role }) => role === name)?.id ?? missingRole())
      continue
    }
    let parentId = 0
    let path = ''
    for (const step of name.split('/')) {
      path = path === '' ? step : `${path}/${step}`
      const known = ids.get(path) ?? existing.find((folder) => folder.name === step && folder.parentId === parentId)?.id
      parentId = known ?? (await createFolder(tx, { kind: MAIL, name: step, parentId, sortOrder: 100 }))
      ids.set(path, parentId)
    }
  }
  return ids
}

/** Somebody has taken the role from a mailbox of an account that --again is to fill. */
function missingRole(): never {
  throw new Refusal('notFound', {
    fields: ['An account of the demo lacks one of the mailboxes it began with; nothing was added to it.'],
  })
}
