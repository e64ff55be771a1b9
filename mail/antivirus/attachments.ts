import { constants, gunzipSync } from 'node:zlib'
import {
  bodyBytes,
  isIdentity,
  mediaType,
  parseMessage,
  structuredField,
  transferDecode,
  walkParts,
  type Message,
  type Part,
} from '#formats/message'
import { headOf, isTooMuch, readZip, unpack, type ZipEntry } from '#formats/zip'
import type { Finding, FindingName } from '#mail/findings'
import { HEAD_BYTES, kindOf, type Kind } from './kinds.ts'
import { extensionOf, isDangerousName, shownName } from './names.ts'
import { isRarEncrypted, isSevenZipEncrypted } from './sealed-archives.ts'
import { readTar } from './tar.ts'

/** What is unpacked of one letter, all archives together, and for how long it is looked into. */
const MOST_UNPACKED = 100_000_000
const MOST_CPU_MICROSECONDS = 1_000_000

/** How deep archives, and letters in letters, are opened. */
const MOST_DEPTH = 4

/** Files of archives whose beginning is looked at. */
const MOST_HEADS = 2000

/** An archive is no honest one when it says that it becomes so many bytes, and so many times as many as it has. */
const BOMB_BYTES = 500_000_000
const BOMB_RATIO = 100

/** Three quarters of it are left when base64 is undone, less what lines take. */
const HEAD_ENCODED = Math.ceil(HEAD_BYTES * 1.4)

/** Documents that are archives by their form: what is too large of them is left alone. */
const OFFICE = /^(?:do[ct][xm]|xl[st][xmb]|pp[ts][xm]|potx|potm|vsdx|od[tspgf]|epub|pages|numbers|key)$/

/** Sources of programs: their first line is no disguise. */
const SOURCES = /^(?:awk|bash|csh|diff|fish|ksh|lua|patch|php|pl|pm|py|rb|sh|tcl|ts|txt|zsh)$/

/** What was found so far, and what may still be spent. */
interface Looking {
  found: Map<FindingName, string>
  unpackable: number
  heads: number
  startedAt: number
}

/** A file in an archive or a letter, whole. */
interface File {
  name: string
  bytes: Buffer
  /** How many archives and letters are around it. */
  depth: number
}

/**
 * Looks through everything that is attached to a letter, in archives too, for what runs when it is opened and for what is
 * there to wear us out. Bounded in time, memory, depth and count; whatever the letter holds, it returns.
 */
export function lookAtAttachments(content: Buffer): Finding[] {
  const looking: Looking = {
    found: new Map(),
    unpackable: MOST_UNPACKED,
    heads: MOST_HEADS,
    startedAt: cpuMicroseconds(),
  }
  lookIntoLetter(looking, content, 0)
  return [...looking.found].map(([name, file]) =>
    file === '' ? { name } : { name, values: { name: shownName(file) } },
  )
}

const cpuMicroseconds = (): number => {
  const { user, system } = process.threadCpuUsage()
  return user + system
}

const isSpent = ({ startedAt }: Looking): boolean => cpuMicroseconds() - startedAt > MOST_CPU_MICROSECONDS

function note({ found }: Looking, finding: FindingName, file = ''): void {
  if (!found.has(finding)) found.set(finding, file)
}

function lookIntoLetter(looking: Looking, content: Buffer, depth: number): void {
  const message = parseMessage(content)
  if (message.isCutShort) note(looking, 'tooManyParts')
  for (const part of walkParts(message.root, true)) {
    if (isSpent(looking)) return note(looking, 'tooManyParts')
    if (part.children.length === 0 && part.message === null) lookAtPart(looking, message, part, depth)
  }
}

function lookAtPart(looking: Looking, message: Message, part: Part, depth: number): void {
  const names = namesOf(message, part)
  const name = names[0] ?? ''
  const dangerous = names.find(isDangerousName)
  if (dangerous !== undefined) note(looking, 'dangerousAttachment', dangerous)
  const body = bodyBytes(message, part)
  const head = transferDecode(body.subarray(0, HEAD_ENCODED), part.encoding).bytes
  const whole = (): Buffer => transferDecode(body, part.encoding).bytes
  lookAtKind(looking, { name, depth }, head, whole)
  // A letter that is encoded is no part of the structure; programs open it all the same.
  if ((mediaType(part) === 'message/rfc822' && !isIdentity(part.encoding)) || extensionOf(name) === 'eml') {
    if (depth >= MOST_DEPTH) note(looking, 'tooManyParts')
    else lookIntoLetter(looking, whole(), depth + 1)
  }
}

/** Every name that some program could take for the file's. */
function namesOf(message: Message, part: Part): string[] {
  const raw = ['Content-Disposition', 'Content-Type'].flatMap((field) =>
    (structuredField(message, part, field)?.attributes ?? [])
      .filter(([name]) => /^(?:file)?name\b/.test(name))
      .map(([, value]) => value),
  )
  const names = [part.filename, part.dispositionParameters['filename'], part.parameters['name'], ...raw]
  return [...new Set(names.filter((name) => name != null && name !== ''))] as string[]
}

/** @param whole  is called only for what has to be read to its end */
function lookAtKind(looking: Looking, { name, depth }: Omit<File, 'bytes'>, head: Buffer, whole: () => Buffer): void {
  const kind = kindOf(head) ?? (extensionOf(name) === 'zip' ? 'zip' : undefined)
  if (kind === undefined) return
  if (kind === 'program' || kind === 'image' || (kind === 'script' && !SOURCES.test(extensionOf(name))))
    return note(looking, 'dangerousAttachment', name)
  const open = OPENERS[kind]
  if (open === undefined) return
  if (depth >= MOST_DEPTH) return note(looking, 'archiveBomb', name)
  open(looking, { name, bytes: whole(), depth: depth + 1 })
}

const OPENERS: Partial<Record<Kind, (looking: Looking, file: File) => void>> = {
  zip: lookIntoZip,
  gzip: lookIntoGzip,
  tar(looking, file) {
    for (const { name, content } of readTar(file.bytes)) {
      if (isSpent(looking)) return note(looking, 'archiveBomb', file.name)
      lookAtFile(looking, { name, bytes: content, depth: file.depth })
    }
  },
  sevenZip(looking, { name, bytes }) {
    if (isSevenZipEncrypted(bytes)) note(looking, 'encryptedArchive', name)
  },
  rar(looking, { name, bytes }) {
    if (isRarEncrypted(bytes)) note(looking, 'encryptedArchive', name)
  },
  ole(looking, { name, bytes }) {
    if (bytes.includes(Buffer.from('_VBA_PROJECT', 'utf16le'))) note(looking, 'macros', name)
  },
}

function lookAtFile(looking: Looking, { name, bytes, depth }: File): void {
  if (isDangerousName(name)) note(looking, 'dangerousAttachment', name)
  lookAtKind(looking, { name, depth }, bytes.subarray(0, HEAD_BYTES), () => bytes)
}

function lookIntoZip(looking: Looking, { name, bytes, depth }: File): void {
  const { entries, isBomb } = readZip(bytes)
  const size = entries.reduce((sum, entry) => sum + entry.size, 0)
  if (isBomb || (size > BOMB_BYTES && size > bytes.length * BOMB_RATIO)) note(looking, 'archiveBomb', name)
  for (const entry of entries) {
    if (isSpent(looking)) return note(looking, 'archiveBomb', name)
    const dangerous = entry.names.find(isDangerousName)
    if (dangerous !== undefined) note(looking, 'dangerousAttachment', dangerous)
    if (entry.names.some((one) => /vbaProject\.bin$/i.test(one))) note(looking, 'macros', name)
    if (entry.isEncrypted) note(looking, 'encryptedArchive', name)
    // What is in a bomb is not unpacked.
    else if (!looking.found.has('archiveBomb') && looking.heads-- > 0) lookAtEntry(looking, name, entry, depth)
  }
}

function lookAtEntry(looking: Looking, archive: string, entry: ZipEntry, depth: number): void {
  const [name = ''] = entry.names
  const head = headOf(entry)
  looking.unpackable -= head.length
  // It says less than it is.
  if (entry.method === 8 && entry.size > 0 && head.length > entry.size) return note(looking, 'archiveBomb', archive)
  lookAtKind(looking, { name, depth }, head, () => {
    const content = unpack(entry, looking.unpackable)
    if (content === undefined && !OFFICE.test(extensionOf(name))) note(looking, 'archiveBomb', name)
    looking.unpackable -= content?.length ?? 0
    return content ?? Buffer.alloc(0)
  })
}

/** As much of a gzip file as shows what is in it. */
const GZIP_HEAD = 8192

function lookIntoGzip(looking: Looking, { name, bytes, depth }: File): void {
  const inner = name.replace(/\.t?gz$/i, '')
  const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: Math.max(1, looking.unpackable) }
  let content = Buffer.alloc(0)
  try {
    content = gunzipSync(bytes, options)
  } catch (error) {
    if (!isTooMuch(error)) return
    if (bytes.length * BOMB_RATIO < looking.unpackable) return note(looking, 'archiveBomb', name)
    // Large, and no more tightly packed than text is: its beginning has to do.
    content = gunzipSync(bytes.subarray(0, GZIP_HEAD), { finishFlush: constants.Z_SYNC_FLUSH })
  }
  looking.unpackable -= content.length
  lookAtFile(looking, { name: inner, bytes: content, depth })
}
