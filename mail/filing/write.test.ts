import assert from 'node:assert/strict'
import { test } from 'node:test'
import { envelope, lastValue, parseMessage, partText, walkParts, type Message } from '#formats/message'
import { writeAnswer, writeNotification, type Notify, type Vacation } from '#mail/filing'

const ANSWER: Vacation = {
  kind: 'vacation',
  to: 'bea@example.org',
  address: 'anna@zegel.test',
  from: 'Änne <anna@zegel.test>',
  subject: 'Auto: Käse',
  text: 'Bin weg.\nBis Montag.',
  isMime: false,
  handle: 'h',
  seconds: 604_800,
  inReplyTo: ['2@example.org'],
  references: ['1@example.org', '2@example.org'],
}
const WRITTEN = { date: '2026-09-07T08:00:00Z', messageId: '3@zegel.test' }

const answer = async (said: Partial<Vacation>): Promise<Message> =>
  parseMessage(await writeAnswer({ ...ANSWER, ...said }, WRITTEN))
const typesOf = ({ root }: Message): string[] => [...walkParts(root)].map(({ type, subtype }) => `${type}/${subtype}`)

test('an answer names what it answers, and says that a machine wrote it (RFC 5230 §5)', async () => {
  const message = await answer({})
  const { from, to, subject, inReplyTo, references, messageId } = envelope(message)
  assert.deepEqual(
    [from, to],
    [[{ name: 'Änne', email: 'anna@zegel.test' }], [{ name: null, email: 'bea@example.org' }]],
  )
  assert.deepEqual(
    [subject, inReplyTo, references, messageId],
    ['Auto: Käse', ANSWER.inReplyTo, ANSWER.references, ['3@zegel.test']],
  )
  assert.equal(lastValue(message, message.root, 'Auto-Submitted', 'Text'), 'auto-replied')
  assert.equal(partText(message, message.root).text, 'Bin weg.\nBis Montag.')
})

test('an answer can be a MIME part, whose header describes it and says nothing else (RFC 5230 §4.4)', async () => {
  const text = [
    'Bcc: victim@example.net',
    'From: somebody@example.net',
    'Content-Type: multipart/alternative; boundary=b',
    'MIME-Version: 2.0',
    '',
    '--b',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Käse',
    '--b',
    'Content-Type: text/html',
    '',
    '<b>x</b>',
    '--b--',
    '',
  ].join('\n')
  const message = await answer({ isMime: true, text })
  assert.deepEqual(typesOf(message), ['multipart/alternative', 'text/plain', 'text/html'])
  const { from, bcc, subject } = envelope(message)
  assert.deepEqual([from?.length, from?.[0]?.email, bcc, subject], [1, 'anna@zegel.test', null, 'Auto: Käse'])
  assert.equal(lastValue(message, message.root, 'MIME-Version', 'Text'), '1.0')
  assert.equal(partText(message, message.root.children[0] as (typeof message)['root']).text, 'Käse')
})

const unsendable: readonly [what: string, said: Partial<Vacation>][] = [
  ['a part with lines that no server takes', { isMime: true, text: `Content-Type: text/plain\n\n${'x'.repeat(2000)}` }],
  ['a part with a NUL', { isMime: true, text: 'Content-Type: text/plain\n\n\0' }],
  ['a subject with a line end', { subject: 'x\r\nBcc: victim@example.net' }],
  ['an id with a line end', { inReplyTo: ['x>\r\nBcc: victim@example.net'] }],
]
for (const [what, said] of unsendable)
  test(`an answer with ${what} is not written`, async () => {
    await assert.rejects(answer(said), { name: 'InvalidMessage' })
  })

test('a notification says whose script it is from (RFC 5436 §2.7.1)', async () => {
  const notice: Notify = {
    kind: 'notify',
    to: ['a@b.example'],
    cc: ['c@d.example'],
    from: undefined,
    subject: 'Neu',
    text: 'Text',
    importance: 2,
    isSenderNull: false,
  }
  const message = parseMessage(await writeNotification(notice, 'anna@zegel.test', WRITTEN))
  const { from, to, cc, subject } = envelope(message)
  assert.deepEqual(
    [from, to, cc].map((list) => list?.map(({ email }) => email)),
    [['anna@zegel.test'], ['a@b.example'], ['c@d.example']],
  )
  assert.deepEqual([subject, partText(message, message.root).text], ['Neu', 'Text'])
  assert.equal(
    lastValue(message, message.root, 'Auto-Submitted', 'Text'),
    'auto-notified; owner-email="anna@zegel.test"',
  )
})
