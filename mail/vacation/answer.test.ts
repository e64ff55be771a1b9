import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { writeSettings } from '#accounts'
import { envelope, lastValue, parseMessage, partText, walkParts } from '#formats/message'
import { openTestStorage } from '#test/database'
import { addPerson } from '#test/people'
import { writeAnswer } from './answer.ts'
import type { Vacation } from './vacation.ts'

const storage = await openTestStorage({ after })
const account = await storage.openAccount((await addPerson(storage, { language: 'de' })).id)

const AWAY: Vacation = {
  isEnabled: true,
  fromDate: null,
  toDate: null,
  subject: null,
  textBody: null,
  htmlBody: null,
}
const WAY = { to: 'bea@example.org', from: 'anna@zegel.test' }
const ASKED = { subject: 'Frage', messageId: ['2@example.org'], references: ['1@example.org'] }

const answer = async (said: Partial<Vacation>, asked = ASKED) =>
  parseMessage(await writeAnswer(account, { ...AWAY, ...said }, WAY, asked))

test('an answer names what it answers, and says that a machine wrote it (RFC 3834 §3)', async () => {
  const message = await answer({ subject: 'Weg', textBody: 'Bin weg.' })
  const { from, to, subject, inReplyTo, references } = envelope(message)
  assert.deepEqual([from, to], [[{ name: null, email: WAY.from }], [{ name: null, email: WAY.to }]])
  assert.deepEqual([subject, inReplyTo, references], ['Weg', ['2@example.org'], ['1@example.org', '2@example.org']])
  assert.equal(lastValue(message, message.root, 'Auto-Submitted', 'Text'), 'auto-replied')
  assert.equal(partText(message, message.root).text, 'Bin weg.')
})

test('who says nothing is spoken for in their language, and what has only HTML has a text beside it', async () => {
  const message = await answer({})
  assert.equal(envelope(message).subject, 'Automatische Antwort: Frage')
  assert.match(partText(message, message.root).text, /nicht erreichbar/)
  await writeSettings(account, { language: 'nl' })
  assert.equal(envelope(await answer({})).subject, 'Automatisch antwoord: Frage')
  const both = await answer({ htmlBody: '<p>Ben <b>weg</b></p>' })
  const types = [...walkParts(both.root)].map(({ type, subtype }) => `${type}/${subtype}`)
  assert.deepEqual(types, ['multipart/alternative', 'text/plain', 'text/html'])
})

test('a subject meant to add fields adds none, and an id meant to is not answered', async () => {
  const message = await answer({}, { ...ASKED, subject: 'x\r\nBcc: victim@example.net' })
  assert.deepEqual(
    [envelope(message).bcc, envelope(message).subject],
    [null, 'Automatisch antwoord: x Bcc: victim@example.net'],
  )
  const hostile = { ...ASKED, messageId: ['a>\r\nBcc: victim@example.net'] }
  await assert.rejects(answer({}, hostile), { name: 'InvalidMessage' })
})
