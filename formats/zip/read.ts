import { constants, inflateRawSync } from 'node:zlib'

/** A file in a ZIP archive: APPNOTE.TXT 6.3.10 of PKWARE. */
export interface ZipEntry {
  /** In the directory at the end, and before the content: programs go by one or the other. */
  names: string[]
  isEncrypted: boolean
  /** Bytes that it says it unpacks to. */
  size: number
  /** Packed; cut short where the archive is. */
  packed: Buffer
  /** 0 stored, 8 deflated; of others only the name is known. */
  method: number
}

export interface Zip {
  entries: ZipEntry[]
  /** Whether it cannot be what an honest program writes: too many files, or several that share their bytes. */
  isBomb: boolean
}

const MOST_ENTRIES = 20_000

/** A directory may be followed by a remark of 65,535 bytes. */
const MOST_REMARK = 65_557

const LOCAL = 0x0403_4b50
const CENTRAL = 0x0201_4b50
const END_LENGTH = 22
const CENTRAL_LENGTH = 46
const LOCAL_LENGTH = 30

/**
 * Lists an archive by its directory, or by what stands before each file where the directory is missing or broken.
 * Reads nothing outside the bytes, whatever the archive says of itself; never throws.
 */
export function readZip(bytes: Buffer): Zip {
  const start = directoryStart(bytes)
  return (start === undefined ? undefined : byDirectory(bytes, start)) ?? byLocalHeaders(bytes)
}

interface Start {
  /** Where the directory begins. */
  at: number
  /** What stands before the archive, as in one that unpacks itself. */
  shift: number
}

function directoryStart(bytes: Buffer): Start | undefined {
  const tail = Math.max(0, bytes.length - MOST_REMARK)
  const found = bytes.subarray(tail).lastIndexOf('PK\x05\x06', 'latin1')
  const end = tail + found
  if (found === -1 || end + END_LENGTH > bytes.length) return undefined
  const size = bytes.readUInt32LE(end + 12)
  const offset = bytes.readUInt32LE(end + 16)
  const isLarge = offset === 0xffff_ffff || size === 0xffff_ffff || bytes.readUInt16LE(end + 10) === 0xffff
  const large = isLarge ? largeStart(bytes, end) : undefined
  const candidates = [large ?? offset, end - size]
  for (const at of candidates)
    if (isSignature(bytes, at, CENTRAL)) return { at, shift: large === undefined ? at - offset : 0 }
  return undefined
}

/** Zip64: a second record before the usual one, with numbers of 64 bits. */
function largeStart(bytes: Buffer, end: number): number | undefined {
  const locator = end - 20
  if (!isSignature(bytes, locator, 0x0706_4b50)) return undefined
  const record = Number(bytes.readBigUInt64LE(locator + 8))
  return isSignature(bytes, record, 0x0606_4b50) && record + 56 <= bytes.length
    ? Number(bytes.readBigUInt64LE(record + 48))
    : undefined
}

const isSignature = (bytes: Buffer, at: number, signature: number): boolean =>
  Number.isSafeInteger(at) && at >= 0 && at + 4 <= bytes.length && bytes.readUInt32LE(at) === signature

/** @returns undefined when the directory breaks off: a reader that mends it would find more */
function byDirectory(bytes: Buffer, { at: start, shift }: Start): Zip | undefined {
  const entries: ZipEntry[] = []
  /** Where the content of each file begins and ends. */
  const places: [from: number, to: number][] = []
  let at = start
  while (isSignature(bytes, at, CENTRAL)) {
    if (entries.length >= MOST_ENTRIES) return { entries, isBomb: true }
    if (at + CENTRAL_LENGTH > bytes.length) return undefined
    const [nameLength, extraLength, remarkLength] = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ]
    const nameEnd = at + CENTRAL_LENGTH + nameLength
    const sizes = largeSizes(
      bytes.subarray(nameEnd, nameEnd + extraLength),
      [24, 20, 42].map((field) => bytes.readUInt32LE(at + field)) as Sizes,
    )
    const [size, packedSize, offset] = sizes
    const local = offset + shift
    const isThere = isSignature(bytes, local, LOCAL) && local + LOCAL_LENGTH <= bytes.length
    const localName = isThere ? bytes.readUInt16LE(local + 26) : 0
    const from = isThere ? local + LOCAL_LENGTH + localName + bytes.readUInt16LE(local + 28) : bytes.length
    entries.push({
      names: [
        nameOf(bytes, at + CENTRAL_LENGTH, nameLength),
        ...(isThere ? [nameOf(bytes, local + LOCAL_LENGTH, localName)] : []),
      ],
      isEncrypted: (bytes.readUInt16LE(at + 8) & 1) === 1,
      size,
      packed: bytes.subarray(from, from + packedSize),
      method: bytes.readUInt16LE(at + 10),
    })
    if (isThere) places.push([local, from + packedSize])
    at = nameEnd + extraLength + remarkLength
  }
  places.sort(([a], [b]) => a - b)
  return { entries, isBomb: places.some(([from], i) => from < (places[i - 1]?.[1] ?? 0)) }
}

type Sizes = [size: number, packedSize: number, offset: number]

/** Zip64: of these three, those that are all ones stand in an extra field. */
function largeSizes(extra: Buffer, sizes: Sizes): Sizes {
  if (!sizes.includes(0xffff_ffff)) return sizes
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue
    let field = at + 4
    return sizes.map((size) => {
      if (size !== 0xffff_ffff || field + 8 > extra.length) return size
      field += 8
      return Number(extra.readBigUInt64LE(field - 8))
    }) as Sizes
  }
  return sizes
}

function byLocalHeaders(bytes: Buffer): Zip {
  const entries: ZipEntry[] = []
  const find = (from: number): number => bytes.indexOf('PK\x03\x04', from, 'latin1')
  for (let at = find(0); at !== -1 && at + LOCAL_LENGTH <= bytes.length;) {
    if (entries.length >= MOST_ENTRIES) return { entries, isBomb: true }
    const nameLength = bytes.readUInt16LE(at + 26)
    const from = at + LOCAL_LENGTH + nameLength + bytes.readUInt16LE(at + 28)
    const next = find(at + 4)
    entries.push({
      names: [nameOf(bytes, at + LOCAL_LENGTH, nameLength)],
      isEncrypted: (bytes.readUInt16LE(at + 6) & 1) === 1,
      size: bytes.readUInt32LE(at + 22),
      packed: bytes.subarray(from, next === -1 ? bytes.length : next),
      method: bytes.readUInt16LE(at + 8),
    })
    at = next
  }
  return { entries, isBomb: false }
}

const nameOf = (bytes: Buffer, at: number, length: number): string => bytes.toString('utf8', at, at + length)

/** How much of a packed file is unpacked to see its beginning: at most a thousand times as much comes out. */
const HEAD_PACKED = 1024

/** The beginning of a file; empty when it cannot be told. */
export function headOf({ method, packed }: ZipEntry): Buffer {
  if (method === 0) return packed.subarray(0, HEAD_PACKED)
  if (method !== 8) return Buffer.alloc(0)
  try {
    return inflateRawSync(packed.subarray(0, HEAD_PACKED), { finishFlush: constants.Z_SYNC_FLUSH })
  } catch {
    return Buffer.alloc(0)
  }
}

/**
 * A whole file.
 * @param most  bytes
 * @returns undefined when there are more of them; empty when it cannot be unpacked
 */
export function unpack({ method, packed }: ZipEntry, most: number): Buffer | undefined {
  if (method === 0) return packed.length <= most ? packed : undefined
  if (method !== 8) return Buffer.alloc(0)
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, most), finishFlush: constants.Z_SYNC_FLUSH })
  } catch (error) {
    return isTooMuch(error) ? undefined : Buffer.alloc(0)
  }
}

export const isTooMuch = (error: unknown): boolean =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
