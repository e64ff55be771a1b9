import { findFolderByRole } from '#items'
import { addMessage, MAIL, prepareMessage, summarise, type Summary } from '#mail'
import { now, Refusal, type Log } from '#system'
import type { OpenAccount, Storage, Transaction } from '#storage'
import { rememberPartly } from './partly.ts'

/** A message as it came. */
export interface Arrival {
  /** The fields we put before it (RFC 5321 §4.4). */
  trace: Buffer
  content: Buffer
  /** Who receives it: the account, and the address by which it was named. */
  recipients: { accountId: number; address: string }[]
}

const partly = rememberPartly()

/**
 * Files a message with every recipient, each account in a transaction of its own.
 * @returns undefined when it is filed and durable with all of them; otherwise why not, and the peer is to come again:
 *   those who have it already will not get it twice
 */
export async function receiveMessage(storage: Storage, log: Log, arrival: Arrival): Promise<Refusal | undefined> {
  const { trace, content, recipients } = arrival
  const bytes = Buffer.concat([trace, content])
  const parsed = summarise(bytes)
  const accounts = new Map(recipients.map(({ accountId, address }) => [accountId, address]))
  const missing = partly.without(content, accounts)
  const outcomes = await Promise.all(
    [...missing].map(async ([accountId, address]) => ({
      accountId,
      refusal: await fileWith(storage, accountId, bytes, { ...parsed, deliveredTo: address }).catch(
        (error: unknown) => {
          if (error instanceof Refusal) return error
          log.error({ account: accountId, err: error }, 'a message could not be filed')
          return new Refusal('unavailable', { cause: error })
        },
      ),
    })),
  )
  const refused = outcomes.filter(({ refusal }) => refusal !== undefined)
  const filed = outcomes.filter(({ refusal }) => refusal === undefined).map(({ accountId }) => accountId)
  if (refused.length === 0) partly.forget(content)
  else if (filed.length > 0) partly.remember(content, filed)
  return refused[0]?.refusal
}

async function fileWith(
  storage: Storage,
  accountId: number,
  bytes: Buffer,
  parsed: Omit<Summary, 'blob'>,
): Promise<undefined> {
  const account = await storage.openAccount(accountId)
  const message = await prepareMessage(account, bytes, parsed)
  // When this fails, a large blob's file stays: the commit may have succeeded unheard. The sweep removes it if not.
  await account.write(async (tx) => {
    const inbox = await inboxOf(account, tx)
    await addMessage(tx, message, { mailboxes: [inbox], keywords: [], receivedAt: now() })
  })
}

/** Where each opened account's inbox was last seen: an inbox is neither removed nor loses its role (RFC 8621 §2.5 lets us refuse both). */
const inboxes = new WeakMap<OpenAccount, number>()

async function inboxOf(account: OpenAccount, tx: Transaction): Promise<number> {
  const known = inboxes.get(account) ?? (await findFolderByRole(account, MAIL, 'inbox', tx.sql))
  if (known === undefined) throw new Refusal('unavailable')
  inboxes.set(account, known)
  return known
}
