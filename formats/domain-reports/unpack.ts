import { gunzipSync } from 'node:zlib'
import { isTooMuch, readZip, unpack } from '#formats/zip'
import { InvalidReport } from './invalid.ts'

/** Of all files of one attachment together, unpacked. */
const MOST_BYTES = 16 * 1024 * 1024

/** Reports are alike line for line, and shrink to a twentieth or a fiftieth; beyond this no report does. */
const BOMB_RATIO = 500
const BOMB_BYTES = 1024 * 1024

/** A letter has one report; some reporters put a few of them into one archive. */
const MOST_FILES = 10

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b
const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] ?? 0) <= 8

const TYPES =
  /^(?:application\/(?:(?:x-)?gzip|(?:x-)?zip(?:-compressed)?|tlsrpt\+(?:gzip|json)|xml|json|octet-stream)|text\/xml)$/
const NAMES = /\.(?:xml|json|gz|zip)$/i

/** Whether an attachment may be a report: by its media type, in lower case, or by its name. Reporters say either wrongly. */
export const isReportFile = (type: string, name: string | null): boolean => TYPES.test(type) || NAMES.test(name ?? '')

/**
 * The files of an attachment that is packed by gzip (RFC 1952) or ZIP, or by nothing: by what it begins with, whatever it is called.
 * @throws InvalidReport 'unpacking', 'bomb', 'nested', 'tooManyFiles'
 */
export function unpackReports(attachment: Buffer): Buffer[] {
  const files = isGzip(attachment) ? [gunzipped(attachment)] : isZip(attachment) ? unzipped(attachment) : [attachment]
  let size = 0
  for (const file of files) {
    if (isGzip(file) || isZip(file)) throw new InvalidReport('nested')
    size += file.length
  }
  if (size > MOST_BYTES || (size > BOMB_BYTES && size > BOMB_RATIO * attachment.length)) throw new InvalidReport('bomb')
  return files
}

function gunzipped(attachment: Buffer): Buffer {
  try {
    return gunzipSync(attachment, { maxOutputLength: MOST_BYTES })
  } catch (error) {
    throw new InvalidReport(isTooMuch(error) ? 'bomb' : 'unpacking', { cause: error })
  }
}

function unzipped(attachment: Buffer): Buffer[] {
  const { entries, isBomb } = readZip(attachment)
  if (isBomb) throw new InvalidReport('bomb')
  const files = entries.filter(({ names, size }) => !(size === 0 && names.some((name) => name.endsWith('/'))))
  if (files.length > MOST_FILES) throw new InvalidReport('tooManyFiles')
  if (files.length === 0) throw new InvalidReport('unpacking')
  let left = MOST_BYTES
  return files.map((entry) => {
    const content = entry.isEncrypted ? Buffer.alloc(0) : unpack(entry, left)
    if (content === undefined) throw new InvalidReport('bomb')
    if (content.length === 0) throw new InvalidReport('unpacking')
    left -= content.length
    return content
  })
}
