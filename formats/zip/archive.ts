import { pipeline } from 'node:stream/promises'
import { crc32, createInflateRaw } from 'node:zlib'

/** Where the bytes of an archive lie. */
export interface ZipSource {
  /** Bytes. */
  size: number
  /** The bytes from `start` up to `end`, which is not among them. */
  read(start: number, end: number): AsyncIterable<Uint8Array>
}

/** Why an archive, or a file in it, is not read. */
export type ZipReason =
  | 'noArchive'
  | 'cutOff'
  | 'disks'
  | 'path'
  | 'link'
  | 'encrypted'
  | 'method'
  | 'bomb'
  | 'checksum'
  | 'broken'

export class ZipDamage extends Error {
  override name = 'ZipDamage'
  readonly reason: ZipReason
  constructor(reason: ZipReason, options?: ErrorOptions) {
    super(reason, options)
    this.reason = reason
  }
}

/** An archive by its directory. */
export interface Archive {
  source: ZipSource
  /** Where its directory begins, and the byte after it. */
  start: number
  end: number
}

export interface ArchiveFile {
  /** Its number in the directory, from 0. */
  number: number
  /** With "/", and leading nowhere else; of a file that is refused, empty where its name leads elsewhere. */
  path: string
  /** Why it is not read. */
  refused: ZipReason | undefined
  /** When it was changed, where that is said by seconds since 1970, and as MS-DOS writes it, taken for UTC. */
  modifiedAt: Date | undefined
  dosTime: Date
  method: number
  crc: number
  packedSize: number
  size: number
  /** Of what stands before its content. */
  offset: number
}

const END = 22
const MOST_REMARK = 65_535
const LOCATOR = 20
const END_64 = 56
const CENTRAL = 46
const LOCAL = 30

/** Deflate makes 1,032 bytes of one at most; letters come to 20. Below the size nobody is harmed. */
const MOST_RATIO = 200
const HARMLESS = 4 * 1024 * 1024

/**
 * Finds the directory of an archive: APPNOTE §4.3.16, and §4.3.14 for more than 4 GB or 65,535 files.
 * @throws ZipDamage 'noArchive', 'cutOff', 'disks'
 */
export async function openArchive(source: ZipSource): Promise<Archive> {
  const { size } = source
  const head = await readAll(source, 0, Math.min(4, size))
  const tailAt = Math.max(0, size - END - MOST_REMARK - LOCATOR - END_64)
  const tail = await readAll(source, tailAt, size)
  const at = tail.lastIndexOf('PK\x05\x06', 'latin1')
  if (at === -1 || at + END > tail.length)
    throw new ZipDamage(head.toString('latin1').startsWith('PK') ? 'cutOff' : 'noArchive')
  if (tail.readUInt16LE(at + 4) !== tail.readUInt16LE(at + 6)) throw new ZipDamage('disks')
  const is64 =
    tail.readUInt16LE(at + 10) === 0xffff ||
    tail.readUInt32LE(at + 12) === 0xffff_ffff ||
    tail.readUInt32LE(at + 16) === 0xffff_ffff
  const [length, start] = is64
    ? await largeDirectory(source, tail, at)
    : [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)]
  const end = start + length
  if (!Number.isSafeInteger(end) || end > tailAt + at) throw new ZipDamage('cutOff')
  return { source, start, end }
}

async function largeDirectory(source: ZipSource, tail: Buffer, at: number): Promise<[length: number, start: number]> {
  const locator = at - LOCATOR
  if (locator < 0 || tail.readUInt32LE(locator) !== 0x0706_4b50) throw new ZipDamage('cutOff')
  const recordAt = Number(tail.readBigUInt64LE(locator + 8))
  if (!Number.isSafeInteger(recordAt) || recordAt + END_64 > source.size) throw new ZipDamage('cutOff')
  const record = await readAll(source, recordAt, recordAt + END_64)
  if (record.readUInt32LE(0) !== 0x0606_4b50) throw new ZipDamage('cutOff')
  return [Number(record.readBigUInt64LE(40)), Number(record.readBigUInt64LE(48))]
}

/**
 * The files of an archive in the order of its directory, without folders; in memory is one of them.
 * @param from  the number of the first one
 * @throws ZipDamage 'cutOff' where the directory breaks off
 */
export async function* walkArchive({ source, start, end }: Archive, from = 0): AsyncGenerator<ArchiveFile> {
  const bytes = openReader(source.read(start, end))
  try {
    let left = end - start
    for (let number = 0; left > 0; number++) {
      const fixed = await bytes.take(CENTRAL)
      if (fixed === undefined || fixed.readUInt32LE(0) !== 0x0201_4b50) throw new ZipDamage('cutOff')
      const [nameLength, extraLength, remark] = [28, 30, 32].map((field) => fixed.readUInt16LE(field)) as [
        number,
        number,
        number,
      ]
      const rest = await bytes.take(nameLength + extraLength + remark)
      if (rest === undefined) throw new ZipDamage('cutOff')
      left -= CENTRAL + rest.length
      if (number < from) continue
      const file = fileOf(
        number,
        fixed,
        rest.subarray(0, nameLength),
        rest.subarray(nameLength, nameLength + extraLength),
      )
      if (file !== undefined) yield file
    }
  } finally {
    await bytes.close()
  }
}

/** Undefined for a folder. */
function fileOf(number: number, fixed: Buffer, name: Buffer, extra: Buffer): ArchiveFile | undefined {
  const [size, packedSize, offset] = largeSizes(
    extra,
    [24, 20, 42].map((field) => fixed.readUInt32LE(field)),
  ) as [number, number, number]
  const written = nameOf(name, (fixed.readUInt16LE(8) & (1 << 11)) !== 0)
  if (written.endsWith('/')) return undefined
  const method = fixed.readUInt16LE(10)
  // Unix: the type of the file stands in the upper half, where a Unix has written it.
  const isLink = fixed.readUInt32LE(38) >>> 28 === 0xa
  const path = safePath(written)
  const refused: (ZipReason | false)[] = [
    path === undefined && 'path',
    isLink && 'link',
    (fixed.readUInt16LE(8) & 1) === 1 && 'encrypted',
    method !== 0 && method !== 8 && 'method',
    ![size, packedSize, offset].every(Number.isSafeInteger) && 'broken',
    size > Math.max(HARMLESS, packedSize * MOST_RATIO) && 'bomb',
  ]
  return {
    number,
    path: path ?? '',
    refused: refused.find((reason) => reason !== false) || undefined,
    modifiedAt: changedAt(extra),
    dosTime: dosTime(fixed.readUInt16LE(14), fixed.readUInt16LE(12)),
    method,
    crc: fixed.readUInt32LE(16),
    packedSize,
    size,
    offset,
  }
}

/** Parts that lead nowhere else; Windows writes "\". Undefined for what begins at a root or goes up. */
function safePath(path: string): string | undefined {
  const parts = path.replaceAll('\\', '/').split('/')
  const isElsewhere =
    parts[0] === '' || /^[A-Za-z]:$/.test(parts[0] ?? '') || parts.includes('..') || path.includes('\0')
  return isElsewhere ? undefined : parts.filter((part) => part !== '' && part !== '.').join('/')
}

/** UTF-8 where it says so, or is; else what MS-DOS had. */
function nameOf(name: Buffer, isUtf8: boolean): string {
  const text = name.toString()
  return isUtf8 || !text.includes('\ufffd') ? text : name.toString('latin1')
}

function* extraFields(extra: Buffer): Generator<[id: number, data: Buffer]> {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2))
    yield [extra.readUInt16LE(at), extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2))]
}

/** §4.5.3: those that are all ones stand in an extra field. */
function largeSizes(extra: Buffer, sizes: readonly number[]): number[] {
  const data = Array.from(extraFields(extra)).find(([id]) => id === 1)?.[1]
  let at = 0
  return sizes.map((size) => {
    if (size !== 0xffff_ffff || data === undefined || at + 8 > data.length) return size
    at += 8
    return Number(data.readBigUInt64LE(at - 8))
  })
}

/** "Extended timestamp" of Info-ZIP. */
function changedAt(extra: Buffer): Date | undefined {
  for (const [id, data] of extraFields(extra))
    if (id === 0x5455 && data.length >= 5 && (data.readUInt8(0) & 1) === 1) return new Date(data.readInt32LE(1) * 1000)
  return undefined
}

const dosTime = (date: number, time: number): Date =>
  new Date(
    Date.UTC(1980 + (date >>> 9), ((date >>> 5) & 15) - 1, date & 31, time >>> 11, (time >>> 5) & 63, (time & 31) * 2),
  )

/**
 * The content of a file, in pieces.
 * @throws ZipDamage 'cutOff', 'broken', 'checksum' at the end, 'bomb' as soon as there is more than was said
 */
export async function* unpackFile({ source }: Archive, file: ArchiveFile): AsyncGenerator<Buffer> {
  const { offset, packedSize, method, size, crc } = file
  if (file.refused !== undefined) throw new ZipDamage(file.refused)
  if (offset + LOCAL > source.size) throw new ZipDamage('cutOff')
  const local = await readAll(source, offset, offset + LOCAL)
  if (local.readUInt32LE(0) !== 0x0403_4b50) throw new ZipDamage('broken')
  const from = offset + LOCAL + local.readUInt16LE(26) + local.readUInt16LE(28)
  if (from + packedSize > source.size) throw new ZipDamage('cutOff')
  const packed = source.read(from, from + packedSize)
  let [sum, length] = [0, 0]
  try {
    for await (const piece of method === 0 ? packed : inflated(packed)) {
      length += piece.length
      if (length > size) throw new ZipDamage('bomb')
      sum = crc32(piece, sum)
      yield Buffer.from(piece.buffer, piece.byteOffset, piece.length)
    }
  } catch (error) {
    const isZlib = error instanceof Error && /^(?:Z_|ERR_)/.test((error as NodeJS.ErrnoException).code ?? '')
    throw isZlib ? new ZipDamage('broken', { cause: error }) : error
  }
  if (length !== size) throw new ZipDamage('cutOff')
  if (sum !== crc) throw new ZipDamage('checksum')
}

async function* inflated(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const inflate = createInflateRaw({ chunkSize: 64 * 1024 })
  const unpacking = pipeline(packed, inflate)
  // What breaks comes out of the inflater itself; whoever stops reading destroys it, which is no fault.
  unpacking.catch(() => undefined)
  yield* inflate as AsyncIterable<Buffer>
  await unpacking
}

async function readAll(source: ZipSource, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.concat(await Array.fromAsync(source.read(start, end)))
  if (bytes.length < end - start) throw new ZipDamage('cutOff')
  return bytes
}

/** Takes bytes from pieces, so many as are wanted. */
interface Reader {
  take(count: number): Promise<Buffer | undefined>
  /** Whoever gives the pieces may have a file open for it. */
  close(): Promise<void>
}

function openReader(pieces: AsyncIterable<Uint8Array>): Reader {
  const source = pieces[Symbol.asyncIterator]()
  let held: Buffer = Buffer.alloc(0)
  return {
    async take(count) {
      while (held.length < count) {
        const { done, value } = await source.next()
        if (done === true) return undefined
        held = Buffer.concat([held, value])
      }
      const taken = held.subarray(0, count)
      held = held.subarray(count)
      return taken
    },
    async close() {
      await source.return?.()
    },
  }
}
