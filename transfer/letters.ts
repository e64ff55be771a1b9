import { hash } from 'node:crypto'
import { deletedWith, digestOf, foldersWith, keepDigests, undigested } from '#items'
import {
  addMessages,
  keywordName,
  MAIL,
  openMessages,
  prepareMessage,
  streamMessage,
  summarise,
  type PreparedMessage,
} from '#mail'
import type { OpenAccount, Transaction } from '#storage'

/** A letter from elsewhere, and how it is to lie here. */
export interface IncomingLetter {
  bytes: Buffer
  /** Where to; at least one. */
  mailboxes: readonly number[]
  /** As JMAP names them; what is no keyword is left out. */
  keywords: readonly string[]
  isDeleted?: boolean
  receivedAt: Date
  /** It comes only if it lies nowhere yet. */
  isElsewhere?: boolean
  /** It comes only if it lies nowhere, nor was deleted and can still be brought back. */
  isOnce?: boolean
}

/** What became of a letter: it lies there now, or it did before. */
export type Filed = 'added' | 'known'

/** Letters that are parsed and sealed, and not yet anywhere. */
export interface ReadyLetters {
  /**
   * Files them in one transaction.
   * @param also  runs last in it, and tells where the whole stands; may run twice
   * @returns what became of each, in their order
   * @throws Refusal 'notFound' for a mailbox or a closed account, 'unavailable'
   */
  file(also?: (tx: Transaction, filed: readonly Filed[]) => Promise<void>): Promise<Filed[]>
}

/**
 * Letters go into the account, once: one whose content lies in a mailbox already is left as it is there. So whatever brings them may be
 * repeated, by somebody who was interrupted or looks again, here or in another process.
 */
export async function fileLetters(account: OpenAccount, letters: readonly IncomingLetter[]): Promise<Filed[]> {
  return (await prepareLetters(account, letters)).file()
}

/** Letters that are parsed and sealed without a pause. */
const A_TURN = 8

/** What is slow of it, while others write. */
export async function prepareLetters(account: OpenAccount, letters: readonly IncomingLetter[]): Promise<ReadyLetters> {
  // As they are filed.
  const contents = letters.map(({ bytes }) => withLineEnds(bytes))
  const digests = letters.map(({ bytes }, i) => digestsOf(account, contents[i] as Buffer, bytes))
  await digestOlder(account, [...letters.map(({ bytes }) => bytes.length), ...contents.map(({ length }) => length)])
  const before = await foldersWith(account, MAIL, digests.flat())
  const once = digests.filter((_, i) => letters[i]?.isOnce === true).flat()
  const deleted = once.length === 0 ? new Set<string>() : await deletedWith(account, MAIL, once)
  const preparing: Promise<PreparedMessage | undefined>[] = []
  for (const [i, letter] of letters.entries()) {
    const [content, its] = [contents[i] as Buffer, digests[i] as [Buffer, ...Buffer[]]]
    const isKnown = missing(letter, its, before, deleted).length === 0
    // Large ones wait for the disk together.
    const one = isKnown ? Promise.resolve(undefined) : prepareMessage(account, content, summarise(content), its[0])
    // Heard of below, when all have begun.
    one.catch(() => undefined)
    preparing.push(one)
    // Others have this thread too.
    if (i % A_TURN === A_TURN - 1) await new Promise((resolve) => setImmediate(resolve))
  }
  const prepared = await Promise.all(preparing)
  return {
    async file(also) {
      const filed = await account.write(async (tx) => {
        // Somebody may have brought the same meanwhile; from here on nobody can.
        const now = await foldersWith(account, MAIL, digests.flat(), tx.sql)
        const outcome: Filed[] = []
        const adding: Parameters<typeof addMessages>[1][number][] = []
        for (const [i, letter] of letters.entries()) {
          const message = prepared[i]
          const mailboxes = message === undefined ? [] : missing(letter, digests[i] as Buffer[], now, deleted)
          outcome.push(mailboxes.length === 0 ? 'known' : 'added')
          if (message === undefined || mailboxes.length === 0) continue
          const key = message.digest.toString('base64url')
          now.set(key, new Set([...(now.get(key) ?? []), ...mailboxes]))
          const { isDeleted = false, receivedAt } = letter
          const keywords = keptKeywords(letter.keywords)
          adding.push({ message, filing: { mailboxes, keywords, isDeleted, receivedAt } })
        }
        await addMessages(tx, adding)
        await also?.(tx, outcome)
        return outcome
      })
      // What another one had filed in the meantime: the sweep would take the files of those as well.
      for (const [i, message] of prepared.entries())
        if (message !== undefined && message.blob.content === undefined && filed[i] === 'known')
          await account.blobs.removeFile(account.id, message.blob.ref.id)
      return filed
    },
  }
}

/** In which of its mailboxes a letter does not lie. */
function missing(
  { mailboxes, isElsewhere = false, isOnce = false }: IncomingLetter,
  digests: readonly Buffer[],
  found: ReadonlyMap<string, ReadonlySet<number>>,
  deleted: ReadonlySet<string>,
): number[] {
  const keys = digests.map((digest) => digest.toString('base64url'))
  const lies = keys.map((key) => found.get(key))
  if ((isElsewhere || isOnce) && lies.some((folders) => folders !== undefined)) return []
  if (isOnce && keys.some((key) => deleted.has(key))) return []
  return [...new Set(mailboxes)].filter((id) => !lies.some((folders) => folders?.has(id)))
}

/** Whether a letter lies in the account, or was deleted and can still be brought back. */
export async function isHere(account: OpenAccount, bytes: Buffer): Promise<boolean> {
  const content = withLineEnds(bytes)
  const digests = digestsOf(account, content, bytes)
  await digestOlder(account, [bytes.length, content.length])
  const found = await Promise.all([foldersWith(account, MAIL, digests), deletedWith(account, MAIL, digests)])
  return found.some(({ size }) => size > 0)
}

/** Of a letter as it is filed, and as it came: somebody may have filed it so by IMAP. */
function digestsOf(account: OpenAccount, filed: Buffer, came: Buffer): [Buffer, ...Buffer[]] {
  return filed === came ? [digestOf(account, filed)] : [digestOf(account, filed), digestOf(account, came)]
}

/**
 * Files of Unix have LF where letters have CRLF (RFC 5322 §2.1): it is put back, for what was signed was signed with it. A letter that has CRLF
 * anywhere is left as it is.
 */
export function withLineEnds(bytes: Buffer): Buffer {
  if (!bytes.includes(10) || bytes.includes('\r\n')) return bytes
  return Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1')
}

/** Letters read at a time that came before there were digests. */
const OLDER = 100

/** Letters that were filed before there were digests get theirs, where they are of one of these lengths. */
async function digestOlder(account: OpenAccount, lengths: readonly number[]): Promise<void> {
  const sizes = [...new Set(lengths)]
  for (;;) {
    const ids = await undigested(account, MAIL, sizes, OLDER)
    if (ids.length === 0) return
    const digests = new Map<number, Buffer>()
    for (const { id, summary, content } of await openMessages(account, ids, { contents: true }))
      digests.set(id, content === undefined ? await streamedDigest(account, summary.blob) : digestOf(account, content))
    // One whose content is damaged is like no other.
    for (const id of ids) if (!digests.has(id)) digests.set(id, account.lookupKey('content', `damaged ${id}`))
    await keepDigests(account, digests)
    if (ids.length < OLDER) return
  }
}

async function streamedDigest(account: OpenAccount, ref: Parameters<typeof streamMessage>[1]): Promise<Buffer> {
  const pieces = await Array.fromAsync(streamMessage(account, ref)).catch(() => undefined)
  return pieces === undefined
    ? account.lookupKey('content', `damaged ${ref.id}`)
    : account.lookupKey('content', hash('sha256', Buffer.concat(pieces), 'base64url'))
}

/** Keywords of one letter that are kept: as many as it may have (mail/messages/keywords.ts). */
const MOST_KEYWORDS = 90

/** What other programs call keywords need not be any. */
export function keptKeywords(names: readonly string[]): string[] {
  const kept = new Set<string>()
  for (const name of names)
    try {
      kept.add(keywordName(name))
    } catch {
      // What is no keyword here says nothing here.
    }
  return [...kept].slice(0, MOST_KEYWORDS)
}
