import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { readZip } from '#test/zip'
import { fileName, openNames, writeZip, type ZipFile } from './index.ts'

const modifiedAt = new Date('2026-11-29T10:15:00Z')

async function* each<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values
}

const archive = async (files: readonly ZipFile[]): Promise<Buffer> =>
  Buffer.concat(await Array.fromAsync(writeZip(each(files))))

/** Has one file unpacked by a program that is not ours. */
function unzip(t: TestContext, bytes: Buffer, name: string): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'zegel-zip-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'a.zip'), bytes)
  const env = { ...process.env, LC_ALL: 'C.UTF-8' }
  const { status, stderr, stdout } = spawnSync('unzip', ['-p', 'a.zip', name], {
    cwd: folder,
    env,
    maxBuffer: 10_000_000,
  })
  assert.equal(status, 0, String(stderr))
  return stdout
}

const CONTENT = {
  small: Buffer.from('Lampions 🏮'),
  empty: Buffer.alloc(0),
  large: Buffer.alloc(3_000_000, 'Lampion '),
}

const FILES = [
  { name: 'Grüße/klein.txt', modifiedAt, content: CONTENT.small },
  { name: 'leer.txt', modifiedAt, content: CONTENT.empty },
  {
    name: 'groß.bin',
    modifiedAt,
    content: each([CONTENT.large.subarray(0, 999_999), CONTENT.large.subarray(999_999)]),
  },
  { name: 'nichts.bin', modifiedAt, content: each<Buffer>([]) },
]

test('an archive of whole files and streams is unpacked as it was, by Info-ZIP too', async (t) => {
  const bytes = await archive(FILES)
  const files = readZip(bytes)
  assert.deepEqual(
    [...files.keys()],
    FILES.map(({ name }) => name),
  )
  assert.ok(files.get('groß.bin')?.equals(CONTENT.large))
  assert.ok(bytes.length < 100_000, 'it is packed')
  assert.deepEqual(unzip(t, bytes, '*klein.txt'), CONTENT.small)
  assert.deepEqual(unzip(t, bytes, 'leer.txt'), CONTENT.empty)
  assert.ok(unzip(t, bytes, 'gro*.bin').equals(CONTENT.large))
})

test('an archive without files is one', async () => {
  assert.equal(readZip(await archive([])).size, 0)
})

test('more files than 16 bits count are all found (ZIP64)', async (t) => {
  const files = Array.from({ length: 66_000 }, (_, n) => ({ name: `d/${n}`, modifiedAt, content: Buffer.from(`${n}`) }))
  const bytes = await archive(files)
  const read = readZip(bytes)
  assert.equal(read.size, 66_000)
  assert.equal(read.get('d/65999')?.toString(), '65999')
  assert.equal(String(unzip(t, bytes, 'd/65999')), '65999')
})

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes of buffers that something still holds. */
async function held(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collectGarbage()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return process.memoryUsage().arrayBuffers
}

test('of many letters that have been written no more is in memory than the directory says of them', async () => {
  const length = 20_000
  let kept = 0
  async function* letters(): AsyncGenerator<ZipFile> {
    const before = await held()
    for (let n = 0; n < length; n++)
      yield { name: `cur/${n}`, modifiedAt, content: Buffer.from(`Lampion ${n} `.repeat(200)) }
    kept = (await held()) - before
  }
  let size = 0
  for await (const piece of writeZip(letters())) size += piece.length
  assert.ok(size > length * 100)
  assert.ok(kept < length * 300, `${kept} bytes`)
})

test('whoever stops reading ends what is read for them', async () => {
  let ended = false
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield Buffer.from(`${Math.random()}`.repeat(1000))
    } finally {
      ended = true
    }
  }
  let seen = 0
  for await (const piece of writeZip(each([{ name: 'a', modifiedAt, content: endless() }]))) {
    seen += piece.length
    if (seen > 100_000) break
  }
  // The packer lets go of what it reads in a turn of its own.
  while (!ended) await new Promise((resolve) => setImmediate(resolve))
})

test('a stream that breaks off breaks the archive, and is not passed off as whole', async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('half')
    throw new Error('damaged')
  }
  await assert.rejects(archive([{ name: 'a', modifiedAt, content: broken() }]), /damaged/)
})

const HOSTILE: [attack: string, text: string, name: string][] = [
  ['a way up', '../../etc/passwd', '_.._etc_passwd'],
  ['dots alone', '..', '_'],
  ['nothing', '', '_'],
  ['spaces and dots at the end, which Windows drops', ' .Rechnung. . ', 'Rechnung'],
  ['a separator of Windows', 'a\\b', 'a_b'],
  ['a drive', 'C:autoexec', 'C_autoexec'],
  ['a null', 'a\0.eml', 'a.eml'],
  ['a line end', 'a\r\nb', 'ab'],
  ['a turned direction', 'a\u202efdp.exe', 'afdp.exe'],
  ['a device of Windows', 'con.txt', '_con.txt'],
  ['half a character', 'a\ud800', 'a\ufffd'],
  ['300 characters', 'x'.repeat(300), 'x'.repeat(120)],
  ['300 characters of four bytes', '🏮'.repeat(300), '🏮'.repeat(30)],
  ['wild cards', 'a*?|<>"b', 'a______b'],
]
for (const [attack, text, name] of HOSTILE)
  test(`a file is named harmlessly: ${attack}`, async () => {
    assert.equal(fileName(text), name)
    assert.equal(readZip(await archive([{ name: fileName(text), modifiedAt, content: CONTENT.small }])).size, 1)
  })

for (const name of ['../a', '/a', 'a//b', 'a/./b', 'a\\b', 'C:a', 'a\0', ''])
  test(`the archive takes no name like ${JSON.stringify(name)}`, async () => {
    await assert.rejects(archive([{ name, modifiedAt, content: CONTENT.small }]), RangeError)
  })

test('names that look alike are told apart', () => {
  const name = openNames()
  assert.deepEqual(
    ['Post', 'post', 'Post', 'POST ', 'Übung', 'U\u0308bung', '..', '.'].map((text) => name(text)),
    ['Post', 'post (2)', 'Post (3)', 'POST (4)', 'Übung', 'U\u0308bung (2)', '_', '_ (2)'],
  )
})
