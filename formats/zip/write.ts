import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { crc32, createDeflateRaw, deflateRaw, deflateRawSync } from 'node:zlib'

/** A file of the archive. */
export interface ZipFile {
  /** Path with "/", made of parts that fileName gives. */
  name: string
  modifiedAt: Date
  /** Whole, for what is small; a stream for everything else. */
  content: Uint8Array | AsyncIterable<Uint8Array>
  /** A stream that may have more than 4 GB, which has to be said before it. */
  isLarge?: boolean
}

/** What the central directory says of a file, as far as it was not written with it. */
interface Written {
  name: Buffer
  flags: number
  time: number
  /** Seconds since 1970, in UTC: what MS-DOS had is even seconds of nobody's zone. */
  seconds: number
  isLarge: boolean
  crc: number
  compressed: number
  size: number
  offset: number
}

const deflated = promisify(deflateRaw)

/** Fast: letters are many, and what is large in them mostly does not get smaller. */
const LEVEL = { level: 1 }

/** Bytes up to which packing takes less time than handing it to another thread. */
const AT_ONCE = 8 * 1024

/** What is small needs no window of 32 KB: of each packer 256 KB would wait for the collector of garbage. */
const SMALL = { ...LEVEL, windowBits: 13, memLevel: 6, chunkSize: 9 * 1024 }

/** So that it is packed in one go, also where it gets no smaller. */
const roomFor = ({ length }: Uint8Array) => ({ ...LEVEL, chunkSize: length + (length >> 8) + 64 })

/** Bytes that go to the packer together, and leave together: handing them over costs as much as packing some KB. */
const TOGETHER = 64 * 1024

/** Names are UTF-8; sizes and checksum follow the content. APPNOTE §4.4.4. */
const UTF8 = 1 << 11
const FOLLOWS = 1 << 3

const DEFLATED = 8
const VERSION = 20
const VERSION_64 = 45
const MOST_32 = 0xffff_ffff
const MOST_16 = 0xffff

/**
 * Writes an archive. What is whole goes out with its sizes before it; of a stream they follow, so that no byte of it has to wait. As many
 * files as there are and beyond 4 GB together (ZIP64); a single one of more than that where it is said to be large.
 * @throws RangeError for a name that leads out of the archive, and for a file that is too large; whatever `files` or a content throws
 */
export function writeZip(files: AsyncIterable<ZipFile>): AsyncGenerator<Uint8Array> {
  return together(archived(files))
}

async function* archived(files: AsyncIterable<ZipFile>): AsyncGenerator<Uint8Array> {
  const directory = openDirectory()
  let offset = 0
  for await (const { name, modifiedAt, content, isLarge = false } of files) {
    const file: Written = {
      name: safe(name),
      flags: UTF8,
      time: dosTime(modifiedAt),
      seconds: Math.min(Math.max(Math.floor(modifiedAt.getTime() / 1000), 0), 0x7fff_ffff),
      isLarge: isLarge && !(content instanceof Uint8Array),
      crc: 0,
      compressed: 0,
      size: 0,
      offset,
    }
    if (content instanceof Uint8Array) {
      const packed =
        content.length <= AT_ONCE ? deflateRawSync(content, SMALL) : await deflated(content, roomFor(content))
      Object.assign(file, { crc: crc32(content), compressed: packed.length, size: content.length })
      yield localHeader(file)
      yield packed
    } else {
      file.flags |= FOLLOWS
      yield localHeader(file)
      yield* stream(file, content)
      yield descriptor(file)
    }
    offset += 30 + file.name.length + localExtra(file).length + file.compressed
    if (!(content instanceof Uint8Array)) offset += file.isLarge ? 24 : 16
    directory.add(centralHeader(file))
  }
  const { count, blocks } = directory.end()
  let size = 0
  for (const block of blocks) {
    size += block.length
    yield block
  }
  yield end(count, size, offset)
}

/** Bytes of the directory that are kept together. */
const BLOCK = 64 * 1024

/** The central directory while it grows. It is kept by itself: a small Buffer keeps all of what it was cut from, which others share. */
function openDirectory(): { add(entry: Buffer): void; end(): { count: number; blocks: readonly Buffer[] } } {
  const blocks: Buffer[] = []
  let block = Buffer.allocUnsafeSlow(BLOCK)
  let filled = 0
  let count = 0
  const close = (): void => void blocks.push(block.subarray(0, filled))
  return {
    add(entry) {
      if (filled + entry.length > block.length) {
        close()
        block = Buffer.allocUnsafeSlow(Math.max(BLOCK, entry.length))
        filled = 0
      }
      filled += entry.copy(block, filled)
      count++
    },
    end() {
      close()
      return { count, blocks }
    },
  }
}

/** Packs a stream, and finds out on the way how long it is. */
async function* stream(file: Written, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const piece of together(content)) {
      file.crc = crc32(piece, file.crc)
      file.size += piece.length
      if (file.size > MOST_32 && !file.isLarge) throw new RangeError('a file of an archive is too large')
      yield piece
    }
  }
  const packer = createDeflateRaw({ ...LEVEL, chunkSize: TOGETHER })
  const packing = pipeline(counted, packer)
  // Whoever stops reading destroys the packer: that is no fault. Any other comes out of the packer itself.
  packing.catch(() => undefined)
  for await (const piece of packer as AsyncIterable<Buffer>) {
    file.compressed += piece.length
    yield piece
  }
  await packing
}

/** Small pieces as larger ones. */
async function* together(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = []
  let length = 0
  for await (const piece of pieces) {
    held.push(piece)
    length += piece.length
    if (length < TOGETHER) continue
    yield held.length === 1 ? piece : Buffer.concat(held, length)
    held = []
    length = 0
  }
  if (length > 0) yield Buffer.concat(held, length)
}

/** APPNOTE §4.4.17: no drive, no leading slash; and nothing that a careless reader would follow out of its folder. */
function safe(name: string): Buffer {
  const parts = name.split('/')
  // A colon elsewhere stands in the names of a Maildir's files.
  if (parts.some((part) => part === '' || part === '.' || part === '..') || /[\0\\]|^[A-Za-z]:/.test(name))
    throw new RangeError('a name of an archive leads elsewhere')
  const bytes = Buffer.from(name)
  if (bytes.length > MOST_16) throw new RangeError('a name of an archive is too long')
  return bytes
}

/** Date and time as MS-DOS had them, in UTC: two seconds exact, from 1980 to 2107. */
function dosTime(time: Date): number {
  const year = Math.min(Math.max(time.getUTCFullYear(), 1980), 2107) - 1980
  const date = (year << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate()
  const clock = (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1)
  return date * 0x1_0000 + clock
}

/** "Extended timestamp" of Info-ZIP: the time of the last change. */
function timestamp(seconds: number): Buffer {
  const extra = Buffer.alloc(9)
  extra.writeUInt16LE(0x5455)
  extra.writeUInt16LE(5, 2)
  extra.writeUInt8(1, 4)
  extra.writeUInt32LE(seconds, 5)
  return extra
}

/** §4.5.3: numbers of 64 bits. */
function large(numbers: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * numbers.length)
  extra.writeUInt16LE(1)
  extra.writeUInt16LE(8 * numbers.length, 2)
  for (const [i, number] of numbers.entries()) extra.writeBigUInt64LE(BigInt(number), 4 + 8 * i)
  return extra
}

const localExtra = ({ seconds, isLarge }: Pick<Written, 'seconds' | 'isLarge'>): Buffer =>
  isLarge ? Buffer.concat([large([0, 0]), timestamp(seconds)]) : timestamp(seconds)

/** §4.3.7. Of a stream the sizes are not known yet. */
function localHeader({ name, flags, time, crc, compressed, size, seconds, isLarge }: Written): Buffer {
  const extra = localExtra({ seconds, isLarge })
  const header = Buffer.alloc(30)
  header.writeUInt32LE(0x0403_4b50)
  header.writeUInt16LE(isLarge ? VERSION_64 : VERSION, 4)
  header.writeUInt16LE(flags, 6)
  header.writeUInt16LE(DEFLATED, 8)
  header.writeUInt32LE(time, 10)
  header.writeUInt32LE(crc, 14)
  header.writeUInt32LE(isLarge ? MOST_32 : compressed, 18)
  header.writeUInt32LE(isLarge ? MOST_32 : size, 22)
  header.writeUInt16LE(name.length, 26)
  header.writeUInt16LE(extra.length, 28)
  return Buffer.concat([header, name, extra])
}

/** §4.3.9. */
function descriptor({ crc, compressed, size, isLarge }: Written): Buffer {
  if (compressed > MOST_32 && !isLarge) throw new RangeError('a file of an archive is too large')
  const data = Buffer.alloc(isLarge ? 24 : 16)
  data.writeUInt32LE(0x0807_4b50)
  data.writeUInt32LE(crc, 4)
  if (isLarge) {
    data.writeBigUInt64LE(BigInt(compressed), 8)
    data.writeBigUInt64LE(BigInt(size), 16)
  } else {
    data.writeUInt32LE(compressed, 8)
    data.writeUInt32LE(size, 12)
  }
  return data
}

/** §4.3.12; §4.5.3 for what is large, or begins beyond 4 GB. */
function centralHeader({ name, flags, time, crc, compressed, size, offset, seconds, isLarge }: Written): Buffer {
  const isFar = offset >= MOST_32
  const numbers = [...(isLarge ? [size, compressed] : []), ...(isFar ? [offset] : [])]
  const version = numbers.length > 0 ? VERSION_64 : VERSION
  const extra = Buffer.concat([...(numbers.length > 0 ? [large(numbers)] : []), timestamp(seconds)])
  const header = Buffer.alloc(46)
  header.writeUInt32LE(0x0201_4b50)
  header.writeUInt16LE(version, 4)
  header.writeUInt16LE(version, 6)
  header.writeUInt16LE(flags, 8)
  header.writeUInt16LE(DEFLATED, 10)
  header.writeUInt32LE(time, 12)
  header.writeUInt32LE(crc, 16)
  header.writeUInt32LE(isLarge ? MOST_32 : compressed, 20)
  header.writeUInt32LE(isLarge ? MOST_32 : size, 24)
  header.writeUInt16LE(name.length, 28)
  header.writeUInt16LE(extra.length, 30)
  header.writeUInt32LE(isFar ? MOST_32 : offset, 42)
  return Buffer.concat([header, name, extra])
}

/** §4.3.14 to §4.3.16. */
function end(count: number, size: number, offset: number): Buffer {
  const needs64 = count >= MOST_16 || size >= MOST_32 || offset >= MOST_32
  const last = Buffer.alloc(22)
  last.writeUInt32LE(0x0605_4b50)
  last.writeUInt16LE(Math.min(count, MOST_16), 8)
  last.writeUInt16LE(Math.min(count, MOST_16), 10)
  last.writeUInt32LE(Math.min(size, MOST_32), 12)
  last.writeUInt32LE(Math.min(offset, MOST_32), 16)
  if (!needs64) return last
  const record = Buffer.alloc(56)
  record.writeUInt32LE(0x0606_4b50)
  record.writeBigUInt64LE(44n, 4)
  record.writeUInt16LE(VERSION_64, 12)
  record.writeUInt16LE(VERSION_64, 14)
  record.writeBigUInt64LE(BigInt(count), 24)
  record.writeBigUInt64LE(BigInt(count), 32)
  record.writeBigUInt64LE(BigInt(size), 40)
  record.writeBigUInt64LE(BigInt(offset), 48)
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(0x0706_4b50)
  locator.writeBigUInt64LE(BigInt(offset + size), 8)
  locator.writeUInt32LE(1, 16)
  return Buffer.concat([record, locator, last])
}
