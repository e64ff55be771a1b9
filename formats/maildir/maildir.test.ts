import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  decodeFolder,
  encodeFolder,
  KEYWORDS_FILE,
  keywordsOf,
  readKeywordNames,
  readMaildirPath,
  writeMaildir,
  type MaildirPath,
} from './index.ts'

async function* each<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values
}

const folder = fc
  .array(fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }), { maxLength: 4 })
  .map((names) => names.map((name) => name.toWellFormed().replaceAll('\0', '_')))

test('names of folders come back whatever is in them, and lead nowhere else', () => {
  fc.assert(
    fc.property(folder, (names) => {
      const encoded = encodeFolder(names)
      assert.match(encoded, /^[ -~]*$/)
      assert.doesNotMatch(encoded, /[/\\:]|\.\./)
      assert.deepEqual(decodeFolder(encoded), names)
    }),
  )
})

test('what is written is read as it was: flags, keywords, times', async () => {
  const keyword = fc.constantFrom('$seen', '$answered', '$flagged', '$draft', '$forwarded', 'work', 'a-b', '$label1')
  const letters = fc.array(
    fc.record({
      receivedAt: fc.integer({ min: 400_000_000, max: 4_000_000_000 }).map((seconds) => new Date(seconds * 1000)),
      keywords: fc.uniqueArray(keyword),
      isDeleted: fc.boolean(),
    }),
    { maxLength: 8 },
  )
  await fc.assert(
    fc.asyncProperty(letters, folder, async (given, names) => {
      const sources = given.map((letter, id) => ({ ...letter, id, size: 1, content: Buffer.from('x') }))
      const files = await Array.fromAsync(writeMaildir(names, each(sources)))
      const list = files.find(({ name }) => name.endsWith(KEYWORDS_FILE))
      const known = readKeywordNames(Buffer.isBuffer(list?.content) ? list.content.toString() : '')
      const found = files.flatMap(({ name, modifiedAt }) => {
        const path = readMaildirPath(name)
        return path === undefined ? [] : [{ path, modifiedAt }]
      })
      assert.equal(found.length, given.length)
      for (const [i, { path, modifiedAt }] of found.entries()) {
        const letter = given[i] as (typeof given)[number]
        assert.deepEqual(keywordsOf(path, known).toSorted(), letter.keywords.toSorted())
        assert.equal(path.isDeleted, letter.isDeleted)
        assert.equal((path.seconds as number) * 1000, letter.receivedAt.getTime())
        assert.equal(modifiedAt, letter.receivedAt)
        assert.deepEqual(path.folder ?? [], names)
      }
    }),
  )
})

test('a folder has room for 26 keywords; what comes after is told', async () => {
  const keywords = Array.from({ length: 30 }, (_, n) => `k${n}`)
  const leftOut: string[] = []
  const source = { id: 1, receivedAt: new Date(), keywords, size: 1, content: Buffer.from('x') }
  const files = await Array.fromAsync(writeMaildir(['A'], each([source]), (name) => void leftOut.push(name)))
  assert.deepEqual(leftOut, ['k26', 'k27', 'k28', 'k29'])
  assert.match(files[0]?.name as string, /:2,abcdefghijklmnopqrstuvwxyz$/)
})

const PATHS: [path: string, found: Partial<MaildirPath> | undefined][] = [
  [
    'cur/1700000000.M1P1.host:2,FS',
    { place: '', root: '', folder: undefined, flags: ['$flagged', '$seen'], seconds: 1_700_000_000 },
  ],
  ['new/1700000000.M1P1.host', { flags: [], isDeleted: false }],
  ['new/1700000000.M1P1.host:2,S', { flags: [] }],
  [
    'Maildir/.Archive.2019/cur/x:2,T',
    { place: 'Maildir/.Archive.2019', root: 'Maildir', folder: ['Archive', '2019'], isDeleted: true },
  ],
  ['.Entw&APw-rfe/cur/x:2,DR', { folder: ['Entwürfe'], flags: ['$draft', '$answered'] }],
  ['.Entwürfe/cur/x', { folder: ['Entwürfe'] }],
  ['Archive/2019/cur/x;2,Sab', { folder: undefined, root: 'Archive/2019', letters: ['a', 'b'], flags: ['$seen'] }],
  ['me/.maildir/cur/x', { folder: undefined, root: 'me/.maildir' }],
  ['cur/x:2,SS!!', { flags: [] }],
  ['cur/x:2,SSSSZQ', { flags: ['$seen'] }],
  ['cur/x:2,S,S=123', { flags: ['$seen'] }],
  ['cur/99999999999.x', { seconds: undefined }],
  ['cur/000000001.x', { seconds: undefined }],
  ['cur/.hidden', undefined],
  ['tmp/x', undefined],
  ['cur', undefined],
  ['dovecot.index', undefined],
]
for (const [path, found] of PATHS)
  test(`the name of a file is read: ${path}`, () => {
    const read = readMaildirPath(path)
    if (found === undefined) assert.equal(read, undefined)
    else assert.partialDeepStrictEqual(read, found)
  })

test('rubbish among the names of keywords is passed over', () => {
  assert.deepEqual(
    [...readKeywordNames('0 work\r\n1 two words\n26 late\nx y\n-1 z\n25 last\n\0\n')],
    [
      ['a', 'work'],
      ['z', 'last'],
    ],
  )
})
