import { test } from 'node:test'
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BlobRef, PreparedBlob } from '#storage'
import type { Sql } from '../database/connect.ts'
import { SealBroken } from '../sealing/seal.ts'
import { mountDisk, noDisks } from '#test/small-disk'
import { CHUNK } from './chunks.ts'
import { IN_ROW, openBlobStore } from './store.ts'

const ACCOUNT = 7

/** A store over a temporary folder; rows as the database would answer. */
async function store(t: { after(undo: () => Promise<void>): void }) {
  const folder = await mkdtemp(join(tmpdir(), 'zegel-blobs-'))
  t.after(() => rm(folder, { recursive: true }))
  const blobs = openBlobStore(folder)
  const rowOf = (blob: PreparedBlob): Sql =>
    ({ bytes: () => Promise.resolve({ rows: [{ content: blob.content ?? null }], rowCount: 1 }) }) as never
  return {
    blobs,
    file: (ref: BlobRef) => join(folder, String(ACCOUNT), ref.id),
    files: () => readdir(join(folder, String(ACCOUNT))).catch(() => []),
    read: (blob: PreparedBlob) => blobs.read(rowOf(blob), ACCOUNT, blob.ref),
    range: async (blob: PreparedBlob, start: number, end: number) =>
      Buffer.concat(await Array.fromAsync(blobs.stream(rowOf(blob), ACCOUNT, blob.ref, start, end))),
  }
}

for (const size of [0, 1, 511, 4000, IN_ROW - 100, IN_ROW + 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 17])
  test(`content of ${size} bytes comes back as it was, whole and in ranges`, async (t) => {
    const { blobs, read, range } = await store(t)
    const content = randomBytes(size)
    const blob = await blobs.prepare(ACCOUNT, content)
    assert.equal(blob.ref.size, size)
    assert.ok((await read(blob)).equals(content))
    for (const [start, end] of [
      [0, size],
      [1, size],
      [size - 1, size],
      [CHUNK - 1, CHUNK + 1],
      [5, 5],
    ] as const)
      assert.ok(
        (await range(blob, start, end)).equals(content.subarray(Math.max(0, start), Math.max(0, end))),
        `${start} to ${end}`,
      )
  })

test('streamed content of unknown length is sealed in the same form', async (t) => {
  const { blobs, read } = await store(t)
  const content = randomBytes(2 * CHUNK)
  async function* pieces() {
    for (let at = 0; at < content.length; at += 70_001) yield content.subarray(at, at + 70_001)
  }
  assert.ok((await read(await blobs.prepare(ACCOUNT, pieces()))).equals(content))
})

test('what is small leaves no file, what is large leaves one without a readable word', async (t) => {
  const { blobs, file, files } = await store(t)
  const small = await blobs.prepare(ACCOUNT, Buffer.from('Wohnungsübergabe'))
  assert.deepEqual(await files(), [])
  assert.ok(small.content !== undefined)
  const large = await blobs.prepare(ACCOUNT, Buffer.concat([Buffer.from('Wohnungsübergabe'), randomBytes(IN_ROW)]))
  assert.ok(!(await readFile(file(large.ref))).includes('Wohnung'))
})

test('what stands in a file is read from it without asking the database; what has no file is gone', async (t) => {
  const { blobs, file } = await store(t)
  const content = randomBytes(CHUNK + 17)
  const { ref } = await blobs.prepare(ACCOUNT, content)
  assert.ok((await blobs.readFile(ACCOUNT, ref)).equals(content))
  await writeFile(file(ref), (await readFile(file(ref))).subarray(0, -1))
  await assert.rejects(blobs.readFile(ACCOUNT, ref), SealBroken)
  await rm(file(ref))
  await assert.rejects(blobs.readFile(ACCOUNT, ref), { reason: 'notFound' })
})

const attacks: [string, (sealed: Buffer) => Buffer][] = [
  ['its last chunk missing', (sealed) => sealed.subarray(0, 4 + sealed.readUInt32BE(0))],
  ['its first chunk missing', (sealed) => sealed.subarray(4 + sealed.readUInt32BE(0))],
  [
    'two chunks swapped',
    (sealed) => {
      const one = 4 + sealed.readUInt32BE(0)
      const two = one + 4 + sealed.readUInt32BE(one)
      return Buffer.concat([sealed.subarray(one, two), sealed.subarray(0, one), sealed.subarray(two)])
    },
  ],
  ['a byte changed', (sealed) => Buffer.from(sealed.with(1000, (sealed[1000] as number) ^ 1))],
  ['a length of four gigabytes', (sealed) => Buffer.concat([Buffer.from('ffffffff', 'hex'), sealed.subarray(4)])],
]
for (const [name, change] of attacks)
  test(`a file with ${name} does not open`, async (t) => {
    const { blobs, file, read } = await store(t)
    const blob = await blobs.prepare(ACCOUNT, randomBytes(2 * CHUNK + 100))
    await writeFile(file(blob.ref), change(await readFile(file(blob.ref))))
    await assert.rejects(read(blob), SealBroken)
  })

test(
  'content that the last room of a disk takes a part of is refused, and never cut off',
  { skip: noDisks },
  async (t) => {
    const disk = mountDisk(t, 8)
    const blobs = openBlobStore(disk.folder)
    for (const size of [CHUNK - 1000, 3 * CHUNK, 5 * CHUNK + 17])
      for (const missing of [1, 5000, 200_000]) {
        disk.fill(size - missing)
        await assert.rejects(blobs.prepare(ACCOUNT, randomBytes(size)), { reason: 'unavailable' })
        const sealed = (async function* () {
          yield randomBytes(size)
        })()
        const id = '00000000-0000-4000-8000-000000000000'
        await assert.rejects(blobs.restoreFile(ACCOUNT, id, sealed), { reason: 'unavailable' })
        for (const file of await readdir(join(disk.folder, String(ACCOUNT)))) {
          assert.equal(file, id, 'nothing of the refused is left')
          await rm(join(disk.folder, String(ACCOUNT), file))
        }
        disk.clear()
      }
  },
)
