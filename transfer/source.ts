import { keywordsOf, KEYWORDS_FILE, readKeywordNames, readMaildirPath, type MaildirPath } from '#formats/maildir'
import { readMbox } from '#formats/mbox'
import { fieldValue, findFields, parseDate, parseMessage } from '#formats/message'
import {
  openArchive,
  unpackFile,
  walkArchive,
  ZipDamage,
  type Archive,
  type ArchiveFile,
  type ZipReason,
  type ZipSource,
} from '#formats/zip'
import { now, Refusal } from '#system'
import { readLabels } from './labels.ts'
import type { Path } from './mailboxes.ts'

/** A file that somebody brings: an mbox, an archive, or a letter. */
export type Source = ZipSource

/** Where whoever stops goes on: the number of a file in an archive, and in a mailbox the byte and the line. */
export interface Position {
  file: number
  offset: number
  line: number
}

export const BEGINNING: Position = { file: 0, offset: 0, line: 1 }

/** A part that could not be read: in which file of the archive or folder, at which byte and line of a mailbox or under which number (of IMAP, of POP3), and why. */
export interface Damage {
  path?: string
  uid?: number
  number?: number
  offset?: number
  line?: number
  reason: string
}

/** Something that was found. `next` is where to go on after it, `done` how many bytes of the source (letters, of a provider) are read then. */
export type Found<Where = Position> = { next: Where; done: number } & (
  | { letter: FoundLetter }
  | { damage: Damage }
  | { skipped: true }
  /** A file of an archive or a folder has ended, which counts nowhere. */
  | { ended: true }
  /** What was found before is written, and stands, before anything more is read. */
  | { settled: true }
  /** Nothing more can be read for now: what was found before is written first. */
  | { broken: Error }
)

export interface FoundLetter {
  bytes: Buffer
  /** Where to: one for each label; below the chosen mailbox, where one is. */
  paths: Path[]
  keywords: string[]
  isDeleted: boolean
  receivedAt: Date
  /** It comes only if it lies nowhere yet: where it was found is a view of other folders. */
  isElsewhere?: boolean
  /** It comes only if it lies nowhere, nor was deleted and can still be brought back. */
  isOnce?: boolean
  /** It came to the inbox there since the last time, and is to arrive here. */
  arrives?: boolean
}

export interface Reading {
  source: Source
  /** The file's name, by which the mailbox of a single mbox is called. */
  name: string
  /** A mailbox that was chosen: names from the top. */
  folder: Path | undefined
  /** Bytes of one letter. */
  most: number
}

/** How a letter begins: field-name ":" of RFC 5322 §2.2. */
const FIELD = /^[!-9;-~]{1,100}[ \t]*:/

/**
 * Everything in a file, from a position on; in memory is one letter, and a little of each folder.
 * @throws Refusal 'invalid' with why as its field, for a file that is none of the kinds or cannot be read at all
 */
export async function* readSource(reading: Reading, from: Position = BEGINNING): AsyncGenerator<Found> {
  const { source } = reading
  const head = Buffer.concat(await Array.fromAsync(source.read(0, Math.min(source.size, 512)))).toString('latin1')
  if (head.startsWith('PK')) return yield* readArchive(reading, from)
  if (/^\s*From /.test(head)) return yield* readMailbox(reading, from)
  if (FIELD.test(head)) return yield* readLetter(reading)
  throw new Refusal('invalid', { fields: [source.size === 0 ? 'empty' : 'noMail'] })
}

async function* readLetter({ source, folder, most }: Reading): AsyncGenerator<Found> {
  const end = { next: { file: 0, offset: source.size, line: 1 }, done: source.size }
  if (source.size > most) {
    yield { ...end, damage: { reason: 'tooLarge' } }
    return
  }
  const bytes = Buffer.concat(await Array.fromAsync(source.read(0, source.size)))
  yield { ...end, letter: { bytes, paths: [folder ?? []], keywords: [], isDeleted: false, receivedAt: dateOf(bytes) } }
}

async function* readMailbox({ source, name, folder, most }: Reading, from: Position): AsyncGenerator<Found> {
  const path = folder ?? mailboxPath(name)
  const pieces = source.read(from.offset, source.size)
  for await (const { found, offset, line } of readEntries(pieces, from, { path, folder, most }))
    yield { ...found, next: { file: 0, offset, line }, done: offset }
}

/** What a mailbox in one file holds, and where it goes on after each. */
async function* readEntries(
  pieces: AsyncIterable<Uint8Array>,
  start: Pick<Position, 'offset' | 'line'>,
  { path, folder, most, file }: { path: Path; folder: Path | undefined; most: number; file?: string },
): AsyncGenerator<{ found: DistributiveOmit<Found, 'next' | 'done'>; offset: number; line: number }> {
  for await (const entry of readMbox(pieces, { most, start })) {
    const after = { offset: entry.end, line: entry.nextLine }
    if ('damage' in entry) {
      const { offset, line, damage: reason } = entry
      yield { found: { damage: { ...(file === undefined ? {} : { path: file }), offset, line, reason } }, ...after }
      continue
    }
    if (entry.isGone) {
      yield { found: { skipped: true }, ...after }
      continue
    }
    const { bytes, keywords, isDeleted, labels, receivedAt } = entry
    const labelled = labels === undefined ? undefined : readLabels(labels)
    yield {
      found: {
        letter: {
          bytes,
          paths: labelled === undefined ? [path] : labelled.paths.map((own) => [...(folder ?? []), ...own]),
          keywords: [...keywords, ...(labelled?.keywords ?? [])],
          isDeleted,
          receivedAt: storable(receivedAt) ?? dateOf(bytes),
        },
      },
      ...after,
    }
  }
}

type DistributiveOmit<T, K extends string> = T extends unknown ? Omit<T, K> : never

/** Of an archive: what one look at all names says, before anything is read. */
interface Shelves {
  /** Places of Maildirs that have Maildir++ folders beside them: each is an account's. */
  plusRoots: Set<string>
  /** Names of keywords by place. */
  keywords: Map<string, Map<string, string>>
}

/** Bytes that an archive may unpack to for each of its own, and what nobody minds; files in it. */
const MOST_RATIO = 100
const HARMLESS = 1024 * 1024 * 1024
const MOST_FILES = 5_000_000

/** Folders of Maildirs that are told apart. */
const MOST_PLACES = 5000

const KEYWORDS_BYTES = 64 * 1024

async function* readArchive(reading: Reading, from: Position): AsyncGenerator<Found> {
  const archive = await orRefused(openArchive(reading.source))
  const shelves = await orRefused(lookThrough(archive))
  try {
    for await (const file of walkArchive(archive, from.file)) {
      const start = file.number === from.file ? from : { ...BEGINNING, file: file.number }
      yield* readFile(reading, archive, shelves, file, start)
    }
  } catch (error) {
    // What was read stays; the rest of the directory is lost.
    if (!(error instanceof ZipDamage)) throw error
    yield { next: { ...BEGINNING, file: MOST_FILES }, done: reading.source.size, damage: { reason: error.reason } }
  }
}

/** @throws Refusal 'invalid' with the reason of a ZipDamage */
async function orRefused<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw error instanceof ZipDamage ? new Refusal('invalid', { cause: error, fields: [error.reason] }) : error
  })
}

async function lookThrough(archive: Archive): Promise<Shelves> {
  const shelves: Shelves = { plusRoots: new Set(), keywords: new Map() }
  let total = 0
  for await (const file of walkArchive(archive)) {
    total += file.size
    if (total > Math.max(HARMLESS, archive.source.size * MOST_RATIO) || file.number >= MOST_FILES)
      throw new ZipDamage('bomb')
    if (file.refused !== undefined) continue
    const letter = readMaildirPath(file.path)
    if (letter?.folder !== undefined && shelves.plusRoots.size < MOST_PLACES) shelves.plusRoots.add(letter.root)
    const [, place = '', name] = /^(?:(.*)\/)?([^/]*)$/s.exec(file.path) ?? []
    if (name !== KEYWORDS_FILE || file.size > KEYWORDS_BYTES || shelves.keywords.size >= MOST_PLACES) continue
    const text = await contentOf(archive, file).catch(() => Buffer.alloc(0))
    shelves.keywords.set(place, readKeywordNames(text.toString()))
  }
  return shelves
}

/** Files that mail programs and systems leave beside letters. */
const BESIDE =
  /(?:^|\/)(?:__MACOSX\/|\.DS_Store$|dovecot|courierimap|maildirfolder$|maildirsize$|subscriptions$|\._)|\.msf$|\.index$/i

async function* readFile(
  reading: Reading,
  archive: Archive,
  shelves: Shelves,
  file: ArchiveFile,
  from: Position,
): AsyncGenerator<Found> {
  const { most } = reading
  const end = {
    next: { ...BEGINNING, file: file.number + 1 },
    done: Math.min(reading.source.size, file.offset + file.packedSize),
  }
  const damaged = (reason: ZipReason | 'tooLarge' | 'noHeader'): Found => ({
    ...end,
    damage: { path: file.path, reason },
  })
  const maildir = readMaildirPath(file.path)
  try {
    if (file.refused !== undefined) yield damaged(file.refused)
    // An empty mailbox is a file without a byte.
    else if (BESIDE.test(file.path) || file.size === 0) yield { ...end, ended: true }
    else if (maildir === undefined && !/\.eml$/i.test(file.path)) yield* readPacked(reading, archive, file, from, end)
    else if (file.size > most) yield damaged('tooLarge')
    else {
      const bytes = await contentOf(archive, file)
      const letter =
        maildir === undefined ? letterOf(reading, file, bytes) : maildirLetter(reading, shelves, file, bytes)
      yield FIELD.test(bytes.toString('latin1', 0, 110)) ? { ...end, letter } : damaged('noHeader')
    }
  } catch (error) {
    if (!(error instanceof ZipDamage)) throw error
    yield damaged(error.reason)
  }
}

/** A mailbox in one file of an archive, or what is none. */
async function* readPacked(
  { folder, most }: Reading,
  archive: Archive,
  file: ArchiveFile,
  from: Position,
  end: Pick<Found, 'next' | 'done'>,
): AsyncGenerator<Found> {
  if (!(await beginsMailbox(archive, file))) {
    yield { ...end, skipped: true }
    return
  }
  const path = below(folder, mailboxPath(file.path))
  const pieces = skip(unpackFile(archive, file), from.offset)
  for await (const { found, offset, line } of readEntries(pieces, from, { path, folder, most, file: file.path })) {
    const done = file.offset + Math.floor((offset / Math.max(1, file.size)) * file.packedSize)
    yield { ...found, next: { file: file.number, offset, line }, done }
  }
  yield { ...end, ended: true }
}

const letterOf = ({ folder, name }: Reading, { path, modifiedAt }: ArchiveFile, bytes: Buffer): FoundLetter => ({
  bytes,
  paths: [below(folder, folderPath(path, name))],
  keywords: [],
  isDeleted: false,
  receivedAt: dateOf(bytes, storable(modifiedAt)),
})

function maildirLetter({ folder }: Reading, shelves: Shelves, file: ArchiveFile, bytes: Buffer): FoundLetter {
  const maildir = readMaildirPath(file.path) as MaildirPath
  const { isDeleted, seconds, root, place } = maildir
  const named = storable(seconds === undefined ? undefined : new Date(seconds * 1000))
  return {
    bytes,
    paths: [below(folder, maildirPath(maildir, shelves))],
    keywords: keywordsOf(maildir, shelves.keywords.get(place) ?? shelves.keywords.get(root) ?? new Map()),
    isDeleted,
    receivedAt: storable(file.modifiedAt) ?? named ?? dateOf(bytes),
  }
}

const below = (folder: Path | undefined, path: Path): Path => [...(folder ?? []), ...path]

async function contentOf(archive: Archive, file: ArchiveFile): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(unpackFile(archive, file)))
}

async function beginsMailbox(archive: Archive, file: ArchiveFile): Promise<boolean> {
  for await (const piece of unpackFile(archive, file)) return /^\s*From /.test(piece.toString('latin1', 0, 64))
  return false
}

async function* skip(pieces: AsyncIterable<Buffer>, count: number): AsyncGenerator<Buffer> {
  let left = count
  for await (const piece of pieces) {
    if (piece.length > left) yield piece.subarray(left)
    left = Math.max(0, left - piece.length)
  }
}

/** Folders that only wrap what was exported. */
const WRAPPER = /^(?:takeout|mail|mails|maildir|\.maildir|imapmail|local folders|mbox)$/i

function unwrapped(parts: readonly string[]): string[] {
  const first = parts.findIndex((part) => !WRAPPER.test(part))
  return first === -1 ? [] : parts.slice(first)
}

/**
 * What a mailbox in one file is called: by the file, without its ending; Apple Mail has a folder of that name with a file "mbox" in it,
 * Thunderbird a folder with the ending ".sbd" for what lies below.
 */
function mailboxPath(path: string): Path {
  const parts = path.split('/').map((part) => part.replace(/\.sbd$/i, ''))
  const last = (parts.pop() ?? '').replace(/\.(?:mbox|mbx|mbs)$/i, '')
  const names = last.toLowerCase() === 'mbox' && parts.length > 0 ? parts : [...parts, last]
  const own = unwrapped(names.map((part) => part.replace(/\.mbox$/i, '')))
  return isInbox(own) ? [] : own
}

/** Where a single letter lies: in the folders above it, or what the archive is called. */
function folderPath(path: string, archive: string): Path {
  const own = unwrapped(path.split('/').slice(0, -1))
  return own.length === 0 ? [archive.replace(/^.*\//s, '').replace(/\.zip$/i, '')] : isInbox(own) ? [] : own
}

/** Maildir++ below its account's Maildir; or folders that are Maildirs each, and one that is none else's is the inbox. */
function maildirPath({ root, folder }: { root: string; folder: Path | undefined }, { plusRoots }: Shelves): Path {
  const parts = root.split('/').filter((part) => part !== '')
  const above = plusRoots.has(root) ? (plusRoots.size > 1 ? parts : []) : unwrapped(parts)
  const own = [...above, ...(folder ?? [])]
  return isInbox(own) ? [] : own
}

const isInbox = (path: Path): boolean => path.length === 1 && path[0]?.toLowerCase() === 'inbox'

/** INTERNALDATE is kept as seconds of 32 bits. */
export const storable = (date: Date | undefined): Date | undefined =>
  date !== undefined && date.getTime() > 0 && date.getTime() <= 0xffff_ffff * 1000 ? date : undefined

/** The Date field, else what is known otherwise, else now. */
export function dateOf(bytes: Buffer, otherwise?: Date): Date {
  // The header is enough: a body would be parsed twice.
  const end = bytes.indexOf(bytes.includes('\r\n\r\n') ? '\r\n\r\n' : '\n\n')
  const message = parseMessage(end === -1 ? bytes.subarray(0, 65_536) : bytes.subarray(0, Math.min(end + 2, 262_144)))
  const [field] = findFields(message, message.root, 'Date')
  const text = field && fieldValue(message, field, 'Raw')
  const date = text ? parseDate(text) : undefined
  return storable(date ? new Date(date) : undefined) ?? otherwise ?? now()
}
