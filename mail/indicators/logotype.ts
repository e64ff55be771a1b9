import { hash, timingSafeEqual, type X509Certificate } from 'node:crypto'
import { gunzipSync } from 'node:zlib'

/** A value of DER: where its content lies (X.690 §8.1). */
interface Value {
  tag: number
  start: number
  end: number
}

const SEQUENCE = 0x30
const OCTETS = 0x04
const TEXT = 0x16

/** 1.3.6.1.5.5.7.1.12, as it stands in a certificate. RFC 3709 §4.1. */
const LOGOTYPE = Buffer.from('06082b0601050507010c', 'hex')

const HASHES: Partial<Record<string, string>> = {
  '608648016503040201': 'sha256',
  '608648016503040202': 'sha384',
  '608648016503040203': 'sha512',
}

const MOST_SVG = 64 * 1024

/** Values of one sequence that are looked at. */
const MOST_VALUES = 100

const DATA_URL = /^data:image\/svg\+xml;base64,([A-Za-z0-9+/=]+)$/

/**
 * The picture that a certificate carries, if it is an SVG and the one whose hash was signed; otherwise undefined. RFC 3709 §4.1, RFC 6170 §4.
 * @param certificate  of a chain that is trusted: what it holds is read with care all the same
 */
export function pictureOf({ raw }: X509Certificate): Buffer | undefined {
  const at = raw.indexOf(LOGOTYPE)
  if (at === -1) return undefined
  try {
    const rest = valuesIn(raw, at + LOGOTYPE.length, raw.length, 2)
    const extension = rest.find(({ tag }) => tag === OCTETS)
    if (extension === undefined) return undefined
    // LogotypeExtn { subjectLogo [2] { direct [0] { image { LogotypeImage { imageDetails } } } } }
    const details = descend(raw, extension, [SEQUENCE, 0xa2, 0xa0, SEQUENCE, SEQUENCE, SEQUENCE])
    const [type, hashes, urls] = details === undefined ? [] : valuesIn(raw, details.start, details.end)
    if (type === undefined || hashes === undefined || urls === undefined) return undefined
    if (type.tag !== TEXT || textOf(raw, type).toLowerCase() !== 'image/svg+xml') return undefined
    const url = descend(raw, urls, [TEXT])
    const [, packed] = DATA_URL.exec(url === undefined ? '' : textOf(raw, url)) ?? []
    if (packed === undefined) return undefined
    const svg = gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: MOST_SVG })
    return valuesIn(raw, hashes.start, hashes.end).some((one) => isHashOf(raw, one, svg)) ? svg : undefined
  } catch {
    // What cannot be read is no picture.
    return undefined
  }
}

function isHashOf(raw: Buffer, { start, end }: Value, content: Buffer): boolean {
  const [algorithm, value] = valuesIn(raw, start, end)
  if (algorithm === undefined || value === undefined) return false
  const [name] = valuesIn(raw, algorithm.start, algorithm.end)
  const known = name === undefined ? undefined : HASHES[raw.toString('hex', name.start, name.end)]
  if (known === undefined) return false
  const [expected, actual] = [raw.subarray(value.start, value.end), hash(known, content, 'buffer')]
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}

const textOf = (raw: Buffer, { start, end }: Value): string => raw.toString('latin1', start, end)

/** The first value with each of these tags in turn, each in the one before. */
function descend(raw: Buffer, from: Value, tags: readonly number[]): Value | undefined {
  let current: Value | undefined = from
  for (const tag of tags) {
    if (current === undefined) return undefined
    current = valuesIn(raw, current.start, current.end).find((one) => one.tag === tag)
  }
  return current
}

/** @throws RangeError where a value goes beyond what holds it */
function valuesIn(raw: Buffer, start: number, end: number, most = MOST_VALUES): Value[] {
  const values: Value[] = []
  let at = start
  while (at < end && values.length < most) {
    const tag = raw.readUInt8(at)
    const first = raw.readUInt8(at + 1)
    const more = first < 0x80 ? 0 : first & 0x7f
    const length = more === 0 ? first : raw.readUIntBE(at + 2, more)
    const content = at + 2 + more
    if (first === 0x80 || content + length > end) throw new RangeError('not DER')
    values.push({ tag, start: content, end: content + length })
    at = content + length
  }
  return values
}
