import { addressesOf, readSettings } from '#accounts'
import { knownFolders, listUploads, readDeletions, removedRecords } from '#items'
import { fileName, writeZip, type ZipFile } from '#formats/zip'
import { queuedOf } from '#mail/outbound'
import { walkStories } from '#mail/stories'
import type { BlobRef, OpenAccount } from '#storage'
import { now, Refusal } from '#system'
import { CATEGORIES } from '../categories.ts'
import { openLook, type HeldContext, type Look } from '../category.ts'
import { readHeld, type Held } from '../held.ts'
import { heldTexts, type HeldTexts } from '../texts.ts'
import { letterEntry, letterName, openShelves, walkLetters, type Shelves } from './letters.ts'
import { heldPage, type PageHead } from './page.ts'

/** Files of the archive that are no letters. */
const PAGE = 'index.html'
const JSON_FILE = 'held.json'

/** Sealed bytes up to which letters are read many at a time; larger ones are streamed. */
const SMALL = 48 * 1024

/**
 * Everything that is held about somebody as one archive: a page to read, the same for programs, and all letters as files in their
 * folders (GDPR articles 15 and 20). Written as it is taken: in memory are a page of letters and a line for each file; on the disk there
 * is nothing. docs/held-download.md says what stands in it.
 */
export async function* heldArchive(context: HeldContext): AsyncGenerator<Uint8Array> {
  const { storage, config, account } = context
  const [{ language, timeZone }, [address = '']] = await Promise.all([
    readSettings(account),
    addressesOf(storage, account.id),
  ])
  const texts = heldTexts[language].file
  const [held, shelves] = await Promise.all([readHeld(context), openShelves(account, texts)])
  const look = openLook(context)
  const entriesOf = (id: string): AsyncIterable<object> | undefined => entriesOfCategory(id, look, shelves)
  const head: PageHead = { language, timeZone, host: config.hostname, address, madeAt: now(), texts, json: JSON_FILE }

  async function* files(): AsyncGenerator<ZipFile> {
    const modifiedAt = head.madeAt
    yield { name: PAGE, modifiedAt, content: encoded(heldPage(head, held, entriesOf)) }
    yield { name: JSON_FILE, modifiedAt, content: encoded(heldJson(head, held, entriesOf)) }
    const missing: string[] = []
    yield* letterFiles(account, shelves, missing)
    yield* otherFiles(look, shelves, missing)
    if (missing.length > 0)
      yield { name: 'missing.json', modifiedAt, content: Buffer.from(JSON.stringify({ unreadable: missing }, null, 1)) }
  }
  yield* writeZip(files())
}

/** Deletions read at a time. */
const DELETIONS = 100

/** What is in a category: its own, or what stands in files beside it. */
function entriesOfCategory(id: string, look: Look, shelves: Shelves): AsyncIterable<object> | undefined {
  const { account } = look
  if (id === 'letters') return letterEntries(account, shelves, ({ deletedAt }) => deletedAt === undefined)
  if (id === 'deleted') return deletedEntries(account, shelves)
  if (id === 'uploads') return uploadEntries(account, shelves.texts)
  return CATEGORIES.find(({ name }) => name === id)?.entries?.(look)
}

async function* letterEntries(...given: Parameters<typeof walkLetters>): AsyncGenerator<object> {
  for await (const page of walkLetters(...given)) yield* page.map(letterEntry)
}

async function* deletedEntries(account: OpenAccount, shelves: Shelves): AsyncGenerator<object> {
  yield* letterEntries(account, shelves, ({ deletedAt }) => deletedAt !== undefined)
  for await (const { kind, value, createdAt, removedAt } of removedRecords(account))
    yield { kind, createdAt, removedAt, value }
  for (const { kind, path, isThere } of (await knownFolders(account)).values())
    if (!isThere) yield { kind: 'folder', of: kind, path }
  for (let offset = 0; ; offset += DELETIONS) {
    const some = await readDeletions(account, { offset, limit: DELETIONS }, new Date(0))
    for (const { at, lastAt, count, device } of some)
      yield { kind: 'deletion', at, lastAt, count, device: device ?? null }
    if (some.length < DELETIONS) return
  }
}

async function* uploadEntries(account: OpenAccount, texts: HeldTexts['file']): AsyncGenerator<object> {
  for (const { ref, type, createdAt } of await listUploads(account))
    yield { file: uploadName(ref, texts), type, size: ref.size, createdAt }
}

const uploadName = ({ id }: BlobRef, texts: HeldTexts['file']): string => `${fileName(texts.uploadsFolder)}/${id}`

/** The same for programs: one object, whose categories have their entries in them. */
async function* heldJson(
  { language, host, address, madeAt }: PageHead,
  held: readonly Held[],
  entriesOf: (id: string) => AsyncIterable<object> | undefined,
): AsyncGenerator<string> {
  const about = { format: 'zegel-held', version: 1, host, address, language, madeAt }
  yield `${JSON.stringify(about).slice(0, -1)},"categories":[`
  for (const [at, { canVanish: _, needsPassword: __, barred: ___, ...category }] of held.entries()) {
    yield `${at === 0 ? '' : ','}\n${JSON.stringify(category).slice(0, -1)},"entries":`
    const entries = entriesOf(category.id)
    if (entries === undefined) {
      yield 'null}'
      continue
    }
    let count = 0
    yield '['
    for await (const entry of entries) yield `${count++ === 0 ? '' : ','}\n${JSON.stringify(entry)}`
    yield ']}'
  }
  yield ']}\n'
}

/** Pieces of a text are gathered: each entry by itself would be a turn of the packer. */
const GATHERED = 64 * 1024

async function* encoded(pieces: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  let gathered = ''
  for await (const piece of pieces) {
    gathered += piece
    if (gathered.length < GATHERED) continue
    yield Buffer.from(gathered.toWellFormed())
    gathered = ''
  }
  yield Buffer.from(gathered.toWellFormed())
}

/** Letters in their folders, and deleted ones in a folder of their own. One that is in several folders stands in the first. */
async function* letterFiles(account: OpenAccount, shelves: Shelves, missing: string[]): AsyncGenerator<ZipFile> {
  for await (const page of walkLetters(account, shelves, () => true)) {
    const small = page.filter(({ content }) => content.size <= SMALL).map(({ content }) => content)
    const read = await account.blobs.readSmall(account.sql, account.id, small)
    for (const { file, receivedAt, content } of page) {
      const whole = read.get(content.id)
      if (whole === undefined)
        yield* streamed(account, account.id, content, { name: file, modifiedAt: receivedAt }, missing)
      else yield { name: file, modifiedAt: receivedAt, content: whole }
    }
  }
}

/** Uploads, letters that are held back, and those on their way. */
async function* otherFiles({ storage, account }: Look, shelves: Shelves, missing: string[]): AsyncGenerator<ZipFile> {
  const { texts } = shelves
  for (const { ref, createdAt } of await listUploads(account))
    yield* streamed(account, account.id, ref, { name: uploadName(ref, texts), modifiedAt: createdAt }, missing)
  for await (const { id, at, blob, subject, arrival } of walkStories(account)) {
    if (blob === null || arrival?.fate !== 'held') continue
    const name = `${fileName(texts.heldFolder)}/${letterName(at, subject, id, texts)}`
    yield* streamed(account, account.id, blob, { name, modifiedAt: at }, missing)
  }
  for (const { id, createdAt, subject, content } of await queuedOf(storage, account.id)) {
    const name = `${fileName(texts.queueFolder)}/${letterName(createdAt, subject, id, texts)}`
    yield* streamed(account, content.accountId, content.ref, { name, modifiedAt: createdAt }, missing)
  }
}

/**
 * What is large, or could not be read with others. Its first piece is read before the file begins: what has been erased meanwhile is left
 * out, and what is damaged is named.
 */
async function* streamed(
  { blobs, sql }: OpenAccount,
  accountId: number,
  ref: BlobRef,
  file: Omit<ZipFile, 'content'>,
  missing: string[],
): AsyncGenerator<ZipFile> {
  const pieces = blobs.stream(sql, accountId, ref)[Symbol.asyncIterator]()
  let first: IteratorResult<Uint8Array>
  try {
    first = await pieces.next()
  } catch (error) {
    if (!(error instanceof Refusal)) missing.push(file.name)
    return
  }
  async function* content(): AsyncGenerator<Uint8Array> {
    try {
      if (first.done !== true) yield first.value
      for (;;) {
        const { done, value } = await pieces.next()
        if (done === true) return
        yield value
      }
    } finally {
      await pieces.return?.(undefined)
    }
  }
  yield { ...file, content: content() }
}
