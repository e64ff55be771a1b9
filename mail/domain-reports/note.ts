import { createHash } from 'node:crypto'
import { isReportFile } from '#formats/domain-reports'
import {
  envelope,
  findFields,
  mediaType,
  normalizeAddress,
  parseMessage,
  partContent,
  walkParts,
  type Message,
} from '#formats/message'
import type { Finding } from '#mail/findings'
import { now, Refusal } from '#system'
import { newId, type Storage } from '#storage'

/** A letter with a report, as far as it is taken: what is attached to it. */
export interface ReportLetter {
  /** Served here; the domain of the address to which it came. */
  domain: string
  /** The author's domain; null where it has none that can be told. */
  from: string | null
  /** That domain vouches for it (RFC 9989), or it was written here by the service itself. */
  isProven: boolean
  /** As they were attached, packed; empty when they were too large, or there were none. */
  files: Buffer[]
  isTooLarge: boolean
  /** Of the whole letter, in base64. */
  digest: string
}

/** Of what is attached, still packed, in bytes. Reports of the largest senders about the largest domains have a megabyte. */
const MOST_BYTES = 4 * 1024 * 1024
const MOST_FILES = 5

/** Letters that wait to be read, and their bytes: as many as strangers can fill. */
const MOST_WAITING = 500
const MOST_WAITING_BYTES = 200 * 1024 * 1024

export const reportLetterPlace = (letterId: number): string => `letter/${letterId}`

/**
 * Takes a letter with a report: when this returns it is durable. Needs no more than zegel_receiver may.
 * @throws Refusal 'unavailable' while too many wait
 */
export async function noteReportLetter(
  storage: Storage,
  letter: { content: Buffer; domain: string; findings: readonly Finding[]; isOwn?: boolean },
): Promise<void> {
  const { rows } = await storage.database.sql<{ waiting: number; bytes: number }>`
    select count(*)::int as waiting, coalesce(sum(size), 0)::float8 as bytes from report_letter`
  const { waiting = 0, bytes = 0 } = rows[0] ?? {}
  if (waiting >= MOST_WAITING || bytes >= MOST_WAITING_BYTES) throw new Refusal('unavailable')
  const reports = await storage.keys.serviceKey('domainReports')
  const id = newId()
  const sealed = reports.seal(reportLetterPlace(id), bytesOf(readReportLetter(letter)))
  await storage.database.sql`
    insert into report_letter (letter_id, at, size, sealed) values (${id}, ${now()}, ${sealed.length}, ${sealed})`
}

/** Reads what is taken of a letter. */
function readReportLetter({
  content,
  domain,
  findings,
  isOwn = false,
}: Parameters<typeof noteReportLetter>[1]): ReportLetter {
  const message = parseMessage(content)
  const from = authorOf(message)
  const passed = findings.find(({ name }) => name === 'dmarcPass')?.values?.['domain']
  const files = filesOf(message)
  const isTooLarge = files.reduce((sum, { length }) => sum + length, 0) > MOST_BYTES
  return {
    domain,
    from: from ?? null,
    isProven: from !== undefined && (isOwn || passed?.toLowerCase() === from),
    files: isTooLarge ? [] : files,
    isTooLarge,
    digest: createHash('sha256').update(content).digest('base64'),
  }
}

/** The domain of its one author. */
function authorOf(message: Message): string | undefined {
  const [author, ...others] = envelope(message).from ?? []
  if (others.length > 0 || findFields(message, message.root, 'From').length !== 1) return undefined
  const address = normalizeAddress(author?.email ?? '')
  return address?.slice(address.lastIndexOf('@') + 1)
}

function filesOf(message: Message): Buffer[] {
  const files: Buffer[] = []
  for (const part of walkParts(message.root)) {
    if (part.type === 'multipart' || !isReportFile(mediaType(part), part.filename)) continue
    files.push(partContent(message, part).bytes)
    if (files.length === MOST_FILES) break
  }
  return files
}

/** A line of JSON, then the files one after another. */
function bytesOf({ files, ...letter }: ReportLetter): Buffer {
  const head = JSON.stringify({ ...letter, lengths: files.map(({ length }) => length) })
  return Buffer.concat([Buffer.from(`${head}\n`), ...files])
}

export function letterOf(bytes: Buffer): ReportLetter {
  const end = bytes.indexOf('\n')
  const { lengths, ...letter } = JSON.parse(bytes.toString('utf8', 0, end)) as Omit<ReportLetter, 'files'> & {
    lengths: number[]
  }
  let at = end + 1
  return { ...letter, files: lengths.map((length) => bytes.subarray(at, (at += length))) }
}
