/** What reads commands: whatever comes, it is understood or refused in words, and quickly. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { LineConnection } from '#protocols/lines'
import { COMMANDS } from '../commands/index.ts'
import { Declined } from '../reply.ts'
import { Session, type ImapContext } from '../session.ts'
import { BadCommand } from './bad-command.ts'
import { Input, type Pieces } from './input.ts'
import { compactSet, placesIn, type Range } from './sequence-set.ts'

/** Parts that commands are made of, and what is like them. */
const TOKENS = [
  ' ',
  ' ',
  ' ',
  '(',
  ')',
  '[',
  ']',
  '<',
  '>',
  '"',
  '\\',
  '*',
  '%',
  '$',
  ',',
  ':',
  '.',
  '-',
  '+',
  '=',
  '~',
  '&',
  'NIL',
  'INBOX',
  'inbox',
  '"a b"',
  '"\\""',
  '0',
  '1',
  '42',
  '4294967295',
  '4294967296',
  '99999999999999999999',
  '1:*',
  '*:1',
  '1,2:3',
  'FLAGS',
  'BODY',
  'BODY.PEEK',
  'HEADER.FIELDS',
  'TEXT',
  'MIME',
  'RFC822.SIZE',
  'ENVELOPE',
  '\\Seen',
  '\\Deleted',
  '$Junk',
  '+FLAGS',
  '-FLAGS.SILENT',
  'UNCHANGEDSINCE',
  'CHANGEDSINCE',
  'VANISHED',
  'MODSEQ',
  'CONDSTORE',
  'QRESYNC',
  'RETURN',
  'ALL',
  'SAVE',
  'OR',
  'NOT',
  'SUBJECT',
  'SINCE',
  '1-Jan-2026',
  'UTF-8',
  'CHARSET',
  'UID',
  'PARTIAL',
  'STATUS',
  'MESSAGES',
  'CHILDREN',
  'SUBSCRIBED',
  'SPECIAL-USE',
  'USE',
  'CATENATE',
  'URL',
  'UTF8',
  '"17-Jul-1996 02:44:25 -0700"',
  '{3}',
  '{3+}',
  '~{3}',
  '\u00e4',
  '\0',
  '\x7f',
  '&AOQ-',
]

const text = fc.oneof(
  { weight: 9, arbitrary: fc.array(fc.constantFrom(...TOKENS), { maxLength: 30 }).map((tokens) => tokens.join('')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 60 }) },
)
/** As `readCommand` gives them: every text but the last ends with what announces the literal behind it. */
const pieces: fc.Arbitrary<Pieces> = fc
  .tuple(fc.array(fc.tuple(text, fc.uint8Array({ maxLength: 12 })), { maxLength: 4 }), text)
  .map(([parts, last]) => [
    ...parts.flatMap(([before, literal]) => [`${before} {${literal.length}}`, Buffer.from(literal)]),
    last.replace(/\{\d+\+?\}$/, ''),
  ])

const connection = { remoteAddress: '127.0.0.1', isSecure: true } as LineConnection
const context = { config: { smtp: { maxMessageMegabytes: 1 } } } as ImapContext

for (const [name, command] of COMMANDS)
  test(`${name} understands what comes, or says that it does not`, () => {
    fc.assert(
      fc.property(pieces, (some) => {
        try {
          command.parse(new Input([` ${some[0] as string}`, ...some.slice(1)]), new Session(context, connection, true))
        } catch (error) {
          if (!(error instanceof BadCommand) && !(error instanceof Declined)) throw error
        }
      }),
      { seed: 5, numRuns: 300 },
    )
  })

test('sets name what they name, each once and in order', () => {
  const list = fc
    .uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 40 })
    .map((uids) => uids.sort((a, b) => a - b))
  const end = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constant(Infinity))
  fc.assert(
    fc.property(list, fc.array(fc.tuple(end, end), { maxLength: 8 }), (uids, set) => {
      const last = uids.at(-1) ?? 0
      const of = (number: number): number => (number === Infinity ? last : number)
      const wanted = uids.filter((uid) =>
        set.some(([a, b]) => uid >= Math.min(of(a), of(b)) && uid <= Math.max(of(a), of(b))),
      )
      const places = placesIn(set as Range[], uids, uids.length, last)
      assert.deepEqual(
        places.map((place) => uids[place]),
        wanted,
      )
      const shown = compactSet(wanted)
      const back = shown === '' ? [] : new Input([shown]).sequenceSet()
      assert.deepEqual(placesIn(back as Range[], uids, uids.length, last), places)
    }),
    { seed: 7 },
  )
})

const dates: Record<string, string | undefined> = {
  '"17-Jul-1996 02:44:25 -0700"': '1996-07-17T09:44:25.000Z',
  '" 7-Jul-1996 02:44:25 +0000"': '1996-07-07T02:44:25.000Z',
  '"7-Jul-1996 02:44:25 +0000"': undefined,
  '"17-Jul-1996 25:44:25 +0000"': undefined,
  '"17-Foo-1996 02:44:25 +0000"': undefined,
  '"17-Jul-1996"': undefined,
}
for (const [said, at] of Object.entries(dates))
  test(`the time ${said} is ${at ?? 'none'}`, () => {
    const read = (): string => new Input([said]).dateTime().toISOString()
    if (at === undefined) assert.throws(read, BadCommand)
    else assert.equal(read(), at)
  })
