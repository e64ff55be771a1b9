import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { openArchive, unpackFile, walkArchive, writeZip, ZipDamage, type ZipFile, type ZipSource } from './index.ts'

/** Reads that were begun and not ended: each may have a file open. */
let open = 0
afterEach(() => assert.equal(open, 0))

const sourceOf = (bytes: Buffer, size = 7000): ZipSource => ({
  size: bytes.length,
  async *read(start, end) {
    open++
    try {
      for (let at = start; at < end; at += size) yield bytes.subarray(at, Math.min(end, at + size))
    } finally {
      open--
    }
  },
})

async function* each<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values
}

const modifiedAt = new Date('2026-11-29T10:15:01Z')
const written = async (...files: Partial<ZipFile>[]): Promise<Buffer> =>
  Buffer.concat(
    await Array.fromAsync(
      writeZip(each(files.map((file) => ({ name: 'a', modifiedAt, content: Buffer.from('hello'), ...file })))),
    ),
  )

/** Paths with content, or why there is none. */
async function listed(bytes: Buffer): Promise<Record<string, string>> {
  const archive = await openArchive(sourceOf(bytes))
  const found: Record<string, string> = {}
  for await (const file of walkArchive(archive))
    try {
      found[file.path] = Buffer.concat(await Array.fromAsync(unpackFile(archive, file))).toString()
    } catch (error) {
      if (!(error instanceof ZipDamage)) throw error
      found[file.path] = error.reason
    }
  return found
}

test('what is written is read: names, contents, times to the second, streams of either kind', async () => {
  const bytes = await written(
    { name: 'Grüße/cur/1:2,S' },
    { name: 'b', content: each([Buffer.from('one '), Buffer.from('two')]) },
    { name: 'c', content: each([Buffer.from('one '), Buffer.from('two')]), isLarge: true },
    { name: 'd' },
  )
  assert.deepEqual(await listed(bytes), { 'Grüße/cur/1:2,S': 'hello', b: 'one two', c: 'one two', d: 'hello' })
  const files = await Array.fromAsync(walkArchive(await openArchive(sourceOf(bytes)), 2))
  assert.deepEqual(
    files.map(({ number, path, modifiedAt: at }) => [number, path, at]),
    [
      [2, 'c', modifiedAt],
      [3, 'd', modifiedAt],
    ],
  )
})

test('archives of another program are read, links by name only; and it reads what is said to be large', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'zegel-zip-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'a.txt'), 'hello '.repeat(1000))
  symlinkSync('/etc/passwd', join(folder, 'link'))
  assert.equal(spawnSync('zip', ['-y', 'a.zip', 'a.txt', 'link'], { cwd: folder }).status, 0)
  assert.deepEqual(await listed(readFileSync(join(folder, 'a.zip'))), { 'a.txt': 'hello '.repeat(1000), link: 'link' })
  assert.equal(spawnSync('zip', ['-P', 'secret', 'b.zip', 'a.txt'], { cwd: folder }).status, 0)
  assert.deepEqual(await listed(readFileSync(join(folder, 'b.zip'))), { 'a.txt': 'encrypted' })
  writeFileSync(
    join(folder, 'c.zip'),
    await written({ content: each([Buffer.from('large')]), isLarge: true }, { name: 'b' }),
  )
  const { status, stdout } = spawnSync('unzip', ['-p', 'c.zip'], { cwd: folder })
  assert.deepEqual([status, String(stdout)], [0, 'largehello'])
  assert.equal(spawnSync('unzip', ['-t', 'c.zip'], { cwd: folder }).status, 0)
})

test('66,000 files are walked (ZIP64)', async () => {
  const bytes = await written(
    ...Array.from({ length: 66_000 }, (_, n) => ({ name: `d/${n}`, content: Buffer.from(`${n}`) })),
  )
  const archive = await openArchive(sourceOf(bytes, 65536))
  let last: string | undefined
  for await (const file of walkArchive(archive, 65_998))
    last = Buffer.concat(await Array.fromAsync(unpackFile(archive, file))).toString()
  assert.equal(last, '65999')
})

/** The archive with another name in both places, of the same length. */
const renamed = async (name: string): Promise<Buffer> => {
  const placeholder = 'n'.repeat(Buffer.byteLength(name))
  const bytes = await written({ name: placeholder })
  for (let at = bytes.indexOf(placeholder); at !== -1; at = bytes.indexOf(placeholder, at + 1)) bytes.write(name, at)
  return bytes
}

const changed = async (
  change: (bytes: Buffer, central: number) => void,
  content = Buffer.from('hello'),
): Promise<Buffer> => {
  const bytes = await written({ content })
  change(bytes, bytes.indexOf('PK\x01\x02', 0, 'latin1'))
  return bytes
}

const FILES: [attack: string, bytes: () => Promise<Buffer>, found: Record<string, string>][] = [
  ['a way up', () => renamed('x/../../etc/passwd'), { '': 'path' }],
  ['a way up as Windows writes it', () => renamed('x\\..\\..\\boot.ini'), { '': 'path' }],
  ['a root', () => renamed('/etc/passwd'), { '': 'path' }],
  ['a drive', () => renamed('C:/autoexec.bat'), { '': 'path' }],
  ['a null', () => renamed('a\0.eml'), { '': 'path' }],
  ['a link', () => changed((b, at) => b.writeUInt32LE(0xa1ff_0000, at + 38)), { a: 'link' }],
  ['a flag of encryption', () => changed((b, at) => b.writeUInt16LE(1, at + 8)), { a: 'encrypted' }],
  ['another method', () => changed((b, at) => b.writeUInt16LE(14, at + 10)), { a: 'method' }],
  ['a wrong checksum', () => changed((b, at) => b.writeUInt32LE(1, at + 16)), { a: 'checksum' }],
  ['more than it says', () => changed((b, at) => b.writeUInt32LE(3, at + 24)), { a: 'bomb' }],
  ['less than it says', () => changed((b, at) => b.writeUInt32LE(9, at + 24)), { a: 'cutOff' }],
  ['a ratio of a thousand', () => written({ content: Buffer.alloc(50_000_000) }), { a: 'bomb' }],
  ['packed bytes that are none', () => changed((b) => b.fill(0xff, 40, 44)), { a: 'broken' }],
  ['content beyond the end', () => changed((b, at) => b.writeUInt32LE(0xffff, at + 20)), { a: 'cutOff' }],
  ['a beginning beyond the end', () => changed((b, at) => b.writeUInt32LE(0xffff, at + 42)), { a: 'cutOff' }],
  ['a beginning that is none', () => changed((b, at) => b.writeUInt32LE(3, at + 42)), { a: 'broken' }],
]
for (const [attack, bytes, found] of FILES)
  test(`a file is refused by name: ${attack}`, async () => assert.deepEqual(await listed(await bytes()), found))

const ARCHIVES: [attack: string, bytes: () => Promise<Buffer>, reason: string][] = [
  ['nothing', async () => Buffer.alloc(0), 'noArchive'],
  ['text', async () => Buffer.from('hello '.repeat(100)), 'noArchive'],
  ['the end is missing', async () => (await written({})).subarray(0, -30), 'cutOff'],
  ['the directory lies beyond the end', () => changed((b) => b.writeUInt32LE(0xfff0, b.length - 6)), 'cutOff'],
  ['numbers of 64 bits that are not there', () => changed((b) => b.writeUInt32LE(0xffff_ffff, b.length - 6)), 'cutOff'],
  ['another disk', () => changed((b) => b.writeUInt16LE(1, b.length - 18)), 'disks'],
  ['a directory of rubbish', () => changed((b, at) => b.writeUInt32LE(1, at)), 'cutOff'],
  ['a name longer than the directory', () => changed((b, at) => b.writeUInt16LE(0xffff, at + 28)), 'cutOff'],
]
for (const [attack, bytes, reason] of ARCHIVES)
  test(`an archive is refused by name: ${attack}`, async () => {
    await assert.rejects(listed(await bytes()), { name: 'ZipDamage', reason })
  })

test('whoever stops reading a file ends what is read for them', async () => {
  const bytes = await written({ content: Buffer.from(Array.from({ length: 100_000 }, () => Math.random()).join()) })
  let ended = false
  const whole = sourceOf(bytes)
  const archive = await openArchive({
    ...whole,
    async *read(start, end) {
      try {
        yield* whole.read(start, end)
      } finally {
        ended = end - start > 100_000
      }
    },
  })
  for await (const file of walkArchive(archive)) for await (const _ of unpackFile(archive, file)) break
  while (!ended) await new Promise((resolve) => setImmediate(resolve))
})
