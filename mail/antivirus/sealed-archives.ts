/** Whether archives that are not unpacked here are encrypted, as far as their plain headers tell. */

/** The first files of an archive; whoever encrypts one mostly encrypts all. */
const MOST_BLOCKS = 50

/** 7zFormat.txt of the LZMA SDK: the header at the end names the coders; 06F10701 is AES. */
export function isSevenZipEncrypted(bytes: Buffer): boolean {
  if (bytes.length < 32) return false
  const at = 32 + Number(bytes.readBigUInt64LE(12))
  return at <= bytes.length && bytes.subarray(at).includes(Buffer.from([0x06, 0xf1, 0x07, 0x01]))
}

export const isRarEncrypted = (bytes: Buffer): boolean =>
  bytes[6] === 1 ? isRar5Encrypted(bytes) : isRar4Encrypted(bytes)

/** Blocks of: CRC (2), type, flags (2), size (2), and for some the size of what follows (4). */
function isRar4Encrypted(bytes: Buffer): boolean {
  for (let at = 7, count = 0; at + 11 <= bytes.length && count < MOST_BLOCKS; count++) {
    const [type, flags, size] = [bytes[at + 2] as number, bytes.readUInt16LE(at + 3), bytes.readUInt16LE(at + 5)]
    if (type === 0x73 && (flags & 0x80) !== 0) return true
    if (type === 0x74 && (flags & 0x04) !== 0) return true
    if (size < 7) return false
    at += size + ((flags & 0x8000) === 0 ? 0 : bytes.readUInt32LE(at + 7))
  }
  return false
}

/** Blocks of: CRC (4), size, type, flags, as numbers of 7 bits a byte. Type 4 says that all that follows is encrypted. */
function isRar5Encrypted(bytes: Buffer): boolean {
  for (let at = 8, count = 0; at + 8 <= bytes.length && count < MOST_BLOCKS; count++) {
    const reading = { at: at + 4 }
    const size = numberAt(bytes, reading)
    const headerStart = reading.at
    const [type, flags] = [numberAt(bytes, reading), numberAt(bytes, reading)]
    if (type === 4) return true
    const extra = (flags & 1) === 0 ? 0 : numberAt(bytes, reading)
    const data = (flags & 2) === 0 ? 0 : numberAt(bytes, reading)
    // What is extra of a file (type 2) ends its header: records of size and type, of which 1 is encryption.
    const records = { at: headerStart + size - extra }
    if (type === 2 && extra > 0 && records.at >= 0 && numberAt(bytes, records) > 0 && numberAt(bytes, records) === 1)
      return true
    const next = headerStart + size + data
    if (!(next > at)) return false
    at = next
  }
  return false
}

function numberAt(bytes: Buffer, reading: { at: number }): number {
  let value = 0
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[reading.at++] ?? 0
    value += (byte & 0x7f) * scale
    if (byte < 0x80 || scale > 2 ** 40) return value
  }
}
