import assert from 'node:assert/strict'
import { crc32, inflateRawSync } from 'node:zlib'

/** Reads an archive by its central directory, as programs do: contents by name. Fails the test where sizes or checksums are wrong. */
export function readZip(bytes: Buffer): Map<string, Buffer> {
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]))
  assert.equal(end, bytes.length - 22, 'an archive ends with the end of its central directory')
  const is64 = bytes.readUInt16LE(end + 10) === 0xffff || bytes.readUInt32LE(end + 16) === 0xffff_ffff
  const record = is64 ? Number(bytes.readBigUInt64LE(end - 20 + 8)) : 0
  const count = is64 ? Number(bytes.readBigUInt64LE(record + 32)) : bytes.readUInt16LE(end + 10)
  let at = is64 ? Number(bytes.readBigUInt64LE(record + 48)) : bytes.readUInt32LE(end + 16)

  const files = new Map<string, Buffer>()
  for (let number = 0; number < count; number++) {
    assert.equal(bytes.readUInt32LE(at), 0x0201_4b50)
    const [crc, compressed, size] = [16, 20, 24].map((field) => bytes.readUInt32LE(at + field)) as [
      number,
      number,
      number,
    ]
    const [nameLength, extraLength] = [bytes.readUInt16LE(at + 28), bytes.readUInt16LE(at + 30)]
    const offset = bytes.readUInt32LE(at + 42)
    const name = bytes.subarray(at + 46, at + 46 + nameLength)
    assert.equal(bytes.readUInt32LE(offset), 0x0403_4b50)
    assert.ok(bytes.subarray(offset + 30, offset + 30 + nameLength).equals(name), 'both headers have one name')
    const from = offset + 30 + nameLength + bytes.readUInt16LE(offset + 28)
    const content = inflateRawSync(bytes.subarray(from, from + compressed))
    assert.equal(content.length, size)
    assert.equal(crc32(content), crc)
    assert.ok(!files.has(name.toString()), 'no name is there twice')
    files.set(name.toString(), content)
    at += 46 + nameLength + extraLength
  }
  return files
}
