import { writeMaildir, type MaildirSource } from '#formats/maildir'
import { writeMbox, type MboxSource } from '#formats/mbox'
import { openNames, writeZip, type ZipFile } from '#formats/zip'
import { FLAG, listFolders, listPlaced, readItems, type Folder, type Listing } from '#items'
import { MAIL, readSummary, streamMessage, toKeywords } from '#mail'
import type { BlobRef, OpenAccount } from '#storage'
import { now, Refusal } from '#system'
import { readAhead } from './ahead.ts'

export const FORMATS = ['mbox', 'maildir'] as const
export type Format = (typeof FORMATS)[number]

export interface ExportChoice {
  format: Format
  /** One mailbox, without those below it; undefined for all. */
  mailbox?: number | undefined
}

/** Letters looked up at a time, and bytes up to which their contents are read together. */
const PAGE = 100
const SMALL = 48 * 1024

/** Bytes up to which a letter is read before its turn comes, and letters and pages of them that are. */
const WHOLE = 1024 * 1024
const LETTERS_AHEAD = 3
const PAGES_AHEAD = 1

/** A mailbox beyond this many bytes is announced as larger than 4 GB in the archive: flags and quoting add to it. */
const LARGE = 3_500_000_000

/**
 * Letters as an archive: a file for each mailbox, or a Maildir. What stands where is as of one moment; what is erased while it is written is left
 * out, and what is damaged is named in a file of its own. Written as it is taken: in memory are two pages of letters, 8 bytes for each,
 * and of each file of a Maildir what the directory at the end says of it, some 120.
 * @throws Refusal 'notFound' for a mailbox
 */
export async function* exportMail(account: OpenAccount, { format, mailbox }: ExportChoice): AsyncGenerator<Uint8Array> {
  const [folders, listings] = await Promise.all([listFolders(account, MAIL), listPlaced(account, MAIL, mailbox)])
  const shelves = shelvesOf(folders)
  if (mailbox !== undefined && !shelves.has(mailbox)) throw new Refusal('notFound')
  const missing: string[] = []

  async function* all(): AsyncGenerator<ZipFile> {
    for (const [id, shelf] of shelves) {
      if (mailbox !== undefined && id !== mailbox) continue
      const listing = listings.find(({ folderId }) => folderId === id) ?? nothingIn(id)
      const miss = (receivedAt: Date): void => void missing.push(`${shelf.file} ${receivedAt.toISOString()}`)
      yield* WRITERS[format](shelf, listing, lettersOf(account, listing, miss))
    }
    if (missing.length > 0)
      yield {
        name: 'unreadable.txt',
        modifiedAt: now(),
        content: Buffer.from(missing.map((one) => `${one}\n`).join('')),
      }
  }
  yield* writeZip(all())
}

const nothingIn = (folderId: number): Listing => ({ folderId, items: new Float64Array(), deleted: new Set(), size: 0 })

/** A letter that is being taken along. */
interface Outgoing extends MaildirSource, MboxSource {
  size: number
}

/** A mailbox among the others: its names from the top, and the same as file systems take them, none twice. */
interface Shelf {
  path: string[]
  file: string
}

/** Parents come before what is in them. */
function shelvesOf(folders: readonly Folder[]): Map<number, Shelf> {
  const byParent = Map.groupBy(folders, ({ parentId }) => parentId)
  const shelves = new Map<number, Shelf>()
  const place = (parentId: number, above: Shelf): void => {
    const nameFile = openNames()
    const children = byParent.get(parentId) ?? []
    for (const { id, name } of children.toSorted((a, b) => a.sortOrder - b.sortOrder || a.id - b.id)) {
      const shelf = { path: [...above.path, name], file: `${above.file}${nameFile(name)}` }
      shelves.set(id, shelf)
      // Depth is bounded where folders are made.
      place(id, { ...shelf, file: `${shelf.file}/` })
    }
  }
  place(0, { path: [], file: '' })
  return shelves
}

type WriteFiles = (shelf: Shelf, listing: Listing, letters: AsyncIterable<Outgoing>) => AsyncIterable<ZipFile>

const WRITERS: Readonly<Record<Format, WriteFiles>> = {
  // `Archive/2019.mbox`
  async *mbox({ file }, { size }, letters) {
    yield { name: `${file}.mbox`, modifiedAt: now(), content: writeMbox(letters), isLarge: size > LARGE }
  },
  maildir({ path }, _listing, letters) {
    const isInbox = path.length === 1 && path[0]?.toLowerCase() === 'inbox'
    return writeMaildir(isInbox ? [] : path, letters)
  },
}

/** The letters of a mailbox in its order, each with content that can be had. */
async function* lettersOf(
  account: OpenAccount,
  { items, deleted }: Listing,
  miss: (receivedAt: Date) => void,
): AsyncGenerator<Outgoing> {
  const pages = readAhead(pagesOf(account, items), PAGES_AHEAD)
  for await (const { at, item, whole } of readAhead(readWhole(account, pages), LETTERS_AHEAD)) {
    const { id, flags, keywords, receivedAt, opened } = item
    const { blob, from } = opened
    // Not before its turn: one that nobody takes any more would stay open.
    const content = whole ?? (await openContent(account, blob))
    if (content === 'damaged') miss(receivedAt)
    if (content === 'damaged' || content === 'gone') continue
    yield {
      id,
      sender: from?.[0]?.email,
      receivedAt,
      keywords: toKeywords(flags & ~FLAG.hasAttachment, keywords),
      isDeleted: deleted.has(at),
      size: blob.size,
      content,
      lastByte: whole?.at(-1) ?? (await lastByteOf(account, blob)),
    }
  }
}

/** Letters as they are described, with the place of each in its mailbox, and the contents of those that are small. */
async function* pagesOf(account: OpenAccount, items: Listing['items']) {
  for (let at = 0; at < items.length; at += PAGE) {
    const ids = Array.from(items.subarray(at, at + PAGE))
    const page = (await readItems(account, MAIL, ids)).map((item) => ({ ...item, opened: readSummary(item.summary) }))
    const small = page.map(({ opened }) => opened.blob).filter(({ size }) => size <= SMALL)
    const contents = await account.blobs.readSmall(account.sql, account.id, small)
    yield page.map((item) => ({ at: at + ids.indexOf(item.id), item, whole: contents.get(item.opened.blob.id) }))
  }
}

type Page = ReturnType<typeof pagesOf> extends AsyncGenerator<infer One> ? One : never

/** Letter by letter, with the contents of those that are not large. */
async function* readWhole(account: OpenAccount, pages: AsyncIterable<Page>): AsyncGenerator<Page[number]> {
  for await (const page of pages)
    for (const letter of page) {
      const { blob } = letter.item.opened
      if (letter.whole !== undefined || blob.size > WHOLE) yield letter
      // What does not open so is looked at when its turn comes.
      else yield { ...letter, whole: await account.blobs.readFile(account.id, blob).catch(() => undefined) }
    }
}

async function lastByteOf(account: OpenAccount, blob: BlobRef): Promise<number | undefined> {
  const [piece] = await Array.fromAsync(streamMessage(account, blob, Math.max(0, blob.size - 1)))
  return piece?.at(-1)
}

/** A stream whose first piece is read, so that what has been erased, or is damaged, is known before anything is written of it. */
async function openContent(
  account: OpenAccount,
  blob: BlobRef,
): Promise<AsyncIterable<Uint8Array> | 'gone' | 'damaged'> {
  const pieces = streamMessage(account, blob)
  let first: IteratorResult<Uint8Array>
  try {
    first = await pieces.next()
  } catch (error) {
    return error instanceof Refusal && error.reason === 'notFound' ? 'gone' : 'damaged'
  }
  return (async function* () {
    try {
      if (first.done !== true) yield first.value
      yield* pieces
    } finally {
      await pieces.return(undefined)
    }
  })()
}
