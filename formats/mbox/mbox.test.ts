import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  fromLine,
  parseFromLine,
  readMbox,
  writeMbox,
  type MboxEntry,
  type MboxLetter,
  type MboxSource,
} from './index.ts'

const MOST = 1024 * 1024

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const read = (text: string | Buffer, { size = 65536, most = MOST } = {}): Promise<MboxEntry[]> =>
  Array.fromAsync(readMbox(cut(Buffer.isBuffer(text) ? text : Buffer.from(text), size), { most }))

async function* each<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values
}

/** What was read, in short: the bytes of a letter, or the damage. */
const short = (entries: readonly MboxEntry[]): string[] =>
  entries.map((entry) => ('damage' in entry ? `${entry.damage} ${entry.line}` : entry.bytes.toString()))

const pieces = fc.array(
  fc.oneof(
    fc.constantFrom(
      'From ',
      '>From ',
      '>>From ',
      'From a@b.example Sat Jan  3 01:05:34 1996',
      '\n',
      '\r\n',
      '\n\n',
      '\r\n\r\n',
      '\r',
      '>',
    ),
    fc.constantFrom(
      'A: b',
      'Status: RO\n',
      'X-Status: A\n',
      'X-Keywords: x\n',
      'Content-Length: 3\n',
      'Content-Length: 99999\n',
    ),
    fc.string({ maxLength: 30 }),
  ),
  { maxLength: 30 },
)
const sources = fc.array(
  fc.record({
    sender: fc.option(fc.emailAddress(), { nil: undefined }),
    receivedAt: fc
      .date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
      .map((date) => new Date(Math.floor(date.getTime() / 1000) * 1000)),
    keywords: fc.uniqueArray(fc.constantFrom('$seen', '$answered', '$flagged', '$draft', '$forwarded', 'work', 'a-b')),
    isDeleted: fc.boolean(),
    content: pieces.map((parts) => Buffer.from(parts.join(''))),
  }),
  { maxLength: 6 },
)

test('what is written is read as it was: bytes, flags, keywords, times, however it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(sources, fc.integer({ min: 1, max: 200 }), async (letters, size) => {
      const streamed: MboxSource[] = letters.map((letter) => ({
        ...letter,
        content: cut(letter.content, size),
        lastByte: letter.content.at(-1),
      }))
      const written = Buffer.concat(await Array.fromAsync(writeMbox(each(letters))))
      assert.ok(written.equals(Buffer.concat(await Array.fromAsync(writeMbox(each(streamed))))), 'streamed alike')
      const entries = (await read(written, { size })) as MboxLetter[]
      assert.equal(entries.length, letters.length)
      for (const [i, letter] of letters.entries()) {
        const { bytes, receivedAt, keywords, isDeleted } = entries[i] as MboxLetter
        assert.equal(bytes.toString('latin1'), letter.content.toString('latin1'))
        assert.deepEqual(
          { receivedAt, keywords: keywords.toSorted(), isDeleted },
          { receivedAt: letter.receivedAt, keywords: letter.keywords.toSorted(), isDeleted: letter.isDeleted },
        )
      }
    }),
    { numRuns: 400 },
  )
})

test('whoever stops at the end of an entry goes on there, and finds the rest', async () => {
  const letters = Array.from({ length: 5 }, (_, n) => ({
    receivedAt: new Date(n * 1000),
    keywords: [],
    content: Buffer.from(`Subject: ${n}\n\nFrom ${n}\n`),
  }))
  const written = Buffer.concat(await Array.fromAsync(writeMbox(each(letters))))
  const all = await read(written)
  for (const { end, line: first, nextLine } of all) {
    assert.equal(nextLine, written.subarray(0, end).toString().split('\n').length)
    const start = { offset: end, line: nextLine }
    const rest = await Array.fromAsync(readMbox(cut(written.subarray(end), 7), { most: MOST, start }))
    assert.deepEqual(
      rest,
      all.filter((entry) => entry.line > first),
    )
  }
})

const LETTER = 'From a@b.example Sat Jan  3 01:05:34 1996\nSubject: a\n\n'
const CL2 = `x\n\n${LETTER}>From z\n`
const VARIANTS: [what: string, text: string, found: string[]][] = [
  ['mboxrd', `${LETTER}>From me\n>>From you\n\n`, ['Subject: a\n\nFrom me\n>From you\n']],
  [
    'mboxo: a line of text after an empty one that is no From line',
    `${LETTER}x\n\nFrom here on all is well.\n`,
    ['Subject: a\n\nx\n\nFrom here on all is well.\n'],
  ],
  [
    'CRLF',
    `${LETTER}x\n\n${LETTER}y\n\n`.replaceAll('\n', '\r\n'),
    ['Subject: a\r\n\r\nx\r\n', 'Subject: a\r\n\r\ny\r\n'],
  ],
  ['no empty line between', `${LETTER}x\n${LETTER}y\n`, ['Subject: a\n\nx\n', 'Subject: a\n\ny\n']],
  [
    'a From line without a time',
    'From -\nSubject: a\n\nx\n\nFrom someone\nSubject: b\n\ny\n',
    ['Subject: a\n\nx\n', 'Subject: b\n\ny\n'],
  ],
  [
    'a From line of Thunderbird',
    'From - Tue May 05 12:00:01 2015\nX-Mozilla-Status: 0001\n\nx\n',
    ['X-Mozilla-Status: 0001\n\nx\n'],
  ],
  [
    'mboxcl2: as long as it says',
    `From a@b.example Sat Jan  3 01:05:34 1996\nContent-Length: ${CL2.length}\n\n${CL2}\n${LETTER}y\n`,
    [`Content-Length: ${CL2.length}\n\n${CL2}`, 'Subject: a\n\ny\n'],
  ],
  [
    'a Content-Length that lies',
    `From a@b.example Sat Jan  3 01:05:34 1996\nContent-Length: 999\n\nx\n\n${LETTER}y\n`,
    ['Content-Length: 999\n\nx\n', 'Subject: a\n\ny\n'],
  ],
  [
    'a Content-Length that ends in the middle of a line',
    `From a@b.example Sat Jan  3 01:05:34 1996\nContent-Length: 40\n\nx\n\n${LETTER}y\n`,
    ['Content-Length: 40\n\nx\n', 'Subject: a\n\ny\n'],
  ],
  [
    'a Content-Length of 99 digits',
    `From a@b.example Sat Jan  3 01:05:34 1996\nContent-Length: ${'9'.repeat(99)}\n\nx\n\n${LETTER}y\n`,
    [`Content-Length: ${'9'.repeat(99)}\n\nx\n`, 'Subject: a\n\ny\n'],
  ],
  ['empty lines before the first', `\n\n${LETTER}x\n`, ['Subject: a\n\nx\n']],
  ['nothing', '', []],
]
for (const [what, text, found] of VARIANTS)
  for (const size of [1, 5, 65536])
    test(`read: ${what}, in pieces of ${size}`, async () => {
      assert.deepEqual(short(await read(text, { size })), found)
    })

const HOSTILE: [attack: string, text: string | Buffer, found: string[]][] = [
  ['no mailbox at all', 'nothing of it\nis a letter\n', ['noFromLine 1']],
  ['text before the first letter', `rubbish\n\n${LETTER}x\n`, ['noFromLine 1', 'Subject: a\n\nx\n']],
  [
    'a From line and nothing',
    `From a@b.example Sat Jan  3 01:05:34 1996\n\n${LETTER}x\n`,
    ['empty 1', 'Subject: a\n\nx\n'],
  ],
  ['a From line alone, without an end', 'From a@b.example', ['empty 1']],
  [
    'no header',
    `From a@b.example Sat Jan  3 01:05:34 1996\nno header here\n\n${LETTER}x\n`,
    ['noHeader 1', 'Subject: a\n\nx\n'],
  ],
  [
    'a letter that is too large',
    `${LETTER}${'x'.repeat(300_000)}\n\n${LETTER}y\n`,
    ['tooLarge 1', 'Subject: a\n\ny\n'],
  ],
  [
    'a From line of 100,000 characters',
    `${LETTER}x\n\nFrom ${'y'.repeat(9_000)}\nSubject: b\n\n${LETTER}z\n`,
    [`Subject: a\n\nx\n\nFrom ${'y'.repeat(9_000)}\nSubject: b\n`, 'Subject: a\n\nz\n'],
  ],
  ['NUL', Buffer.from(`${LETTER}\0\0\n\n${LETTER}y\n`), ['Subject: a\n\n\0\0\n', 'Subject: a\n\ny\n']],
]
for (const [attack, text, found] of HOSTILE)
  for (const size of [3, 65536])
    test(`hostile: ${attack}, in pieces of ${size}`, async () => {
      assert.deepEqual(short(await read(text, { size, most: 20_000 })), found)
    })

test('one line of a gigabyte is passed over in little memory, and what follows is read', async () => {
  const most = 1024 * 1024
  async function* long(): AsyncGenerator<Buffer> {
    yield Buffer.from(LETTER)
    const piece = Buffer.alloc(1024 * 1024, 'x')
    for (let n = 0; n < 1024; n++) yield piece
    yield Buffer.from(`\n\n${LETTER}y\n`)
  }
  const before = process.memoryUsage().arrayBuffers
  let peak = 0
  async function* watched(): AsyncGenerator<Buffer> {
    for await (const piece of long()) {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - before)
      yield piece
    }
  }
  const entries = await Array.fromAsync(readMbox(watched(), { most }))
  assert.deepEqual(short(entries), ['tooLarge 1', 'Subject: a\n\ny\n'])
  assert.equal(entries[1]?.line, 6)
  assert.ok(peak < 64 * 1024 * 1024, `${peak} bytes were held`)
})

const MARKS: [what: string, fields: string, keywords: string[], other?: object][] = [
  ['Status and X-Status', 'Status: RO\nX-Status: AFT\n', ['$seen', '$answered', '$flagged', '$draft']],
  ['X-Keywords', 'X-Keywords: work $Forwarded   \n', ['work', '$Forwarded']],
  [
    'Thunderbird',
    'X-Mozilla-Status: 1007\nX-Mozilla-Keys: $label1\n',
    ['$seen', '$answered', '$flagged', '$forwarded', '$label1'],
  ],
  ['removed by Thunderbird', 'X-Mozilla-Status: 0009\n', ['$seen'], { isGone: true }],
  ['marked to be removed', 'X-Status: D\n', [], { isDeleted: true }],
  [
    'Gmail',
    'X-Gmail-Labels: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=,"a, b",\n Inbox\n',
    [],
    { labels: ['Grüße', 'a, b', 'Inbox'] },
  ],
  ['rubbish', 'Status: \u0000!!\nX-Mozilla-Status: zzzz\nX-Status:\nX-Gmail-Labels: ,,,\n', [], { labels: [] }],
  [
    'a thousand keywords',
    `X-Keywords: ${Array.from({ length: 1000 }, (_, n) => `k${n}`).join(' ')}\n`,
    Array.from({ length: 100 }, (_, n) => `k${n}`),
  ],
]
for (const [what, fields, keywords, other = {}] of MARKS)
  test(`marks: ${what}`, async () => {
    const [found] = await read(`From - Tue May 05 12:00:01 2015\nSubject: a\n${fields}\nx\n`)
    assert.partialDeepStrictEqual(found, { keywords, ...other })
  })

const TIMES: [line: string, time: string | undefined][] = [
  ['From a@b Sat Jan  3 01:05:34 1996', '1996-01-03T01:05:34.000Z'],
  ['From a@b Sat Jan  3 01:05 1996', '1996-01-03T01:05:00.000Z'],
  ['From a@b Sat Jan 03 01:05:34 1996 +0200', '1996-01-02T23:05:34.000Z'],
  ['From a@b Sat Jan  3 01:05:34 -0130 1996', '1996-01-03T02:35:34.000Z'],
  ['From a@b Sat Jan  3 01:05:34 MET 1996', '1996-01-03T01:05:34.000Z'],
  ['From 1234@xxx Thu Dec 11 13:51:14 +0000 2014', '2014-12-11T13:51:14.000Z'],
  ['From a@b Sat Foo  3 01:05:34 1996', undefined],
  ['From a@b', undefined],
]
for (const [text, time] of TIMES)
  test(`the time of ${JSON.stringify(text)}`, () => assert.equal(parseFromLine(text)?.toISOString(), time))

test('a sender that is no address, or would end the line, is left out', () => {
  const at = new Date('1996-01-03T01:05:34Z')
  for (const sender of [undefined, 'a b@c', 'a@b\nFrom x', 'nobody', ''])
    assert.equal(fromLine(sender, at), 'From MAILER-DAEMON Wed Jan  3 01:05:34 1996\n')
})
