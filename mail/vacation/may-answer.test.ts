import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMessage } from '#formats/message'
import { letter, type Letter } from '#test/letters'
import { mayAnswer } from './may-answer.ts'

const OWN = ['anna@zegel.test', 'anna+shop@zegel.test']
const ownAddress = async (address: string): Promise<string | undefined> =>
  OWN.includes(address.toLowerCase()) ? address : undefined

const ask = (said: Letter, returnPath = '<bea@example.org>') => {
  const trace = Buffer.from(`Return-Path: ${returnPath}\r\n`)
  return mayAnswer(parseMessage(Buffer.concat([trace, letter(said)])), ownAddress)
}

const answered: [what: string, said: Letter, from: string][] = [
  ['to the owner', {}, 'anna@zegel.test'],
  ['to the owner among others', { to: 'Cem <cem@example.org>, ANNA@zegel.test' }, 'anna@zegel.test'],
  ['with the owner in Cc', { to: 'cem@example.org', cc: 'anna@zegel.test' }, 'anna@zegel.test'],
  ['to an address with a detail', { to: 'anna+shop@zegel.test' }, 'anna+shop@zegel.test'],
  ['that says it is not automatic', { headers: ['Auto-Submitted: no'] }, 'anna@zegel.test'],
  ['with a comment after that', { headers: ['Auto-Submitted: no (by hand)'] }, 'anna@zegel.test'],
  ['of first-class precedence', { headers: ['Precedence: first-class'] }, 'anna@zegel.test'],
  ['from somebody called Norbert', { from: 'norbert@example.org' }, 'anna@zegel.test'],
  ['from somebody called Bouncer', { from: 'bouncer.smith@example.org' }, 'anna@zegel.test'],
]
for (const [what, said, from] of answered)
  test(`a letter ${what} is answered`, async () => {
    assert.deepEqual(await ask(said), { to: 'bea@example.org', from })
  })

test('the answer goes to the reverse-path and not to From or Reply-To (RFC 3834 §4)', async () => {
  const said = { from: 'Bea <bea@example.org>', headers: ['Reply-To: other@example.org'] }
  assert.deepEqual((await ask(said, '<bea@work.example>'))?.to, 'bea@work.example')
})

const header = (...headers: string[]): Letter => ({ headers })
const unanswered: [what: string, said: Letter, returnPath?: string][] = [
  ['to somebody else, as a blind copy is', { to: 'cem@example.org' }],
  ['to nobody', { to: 'undisclosed-recipients:;' }],
  ['from the null sender', {}, '<>'],
  ['without a sender that can be answered', {}, 'bea'],
  ['whose sender hides a second one', {}, '<bea@example.org>, <cem@example.org>'],
  ['that was made automatically', header('Auto-Submitted: auto-generated')],
  ['that is itself an answer of a machine', header('Auto-Submitted: auto-replied (vacation)')],
  ['that says so in capitals', header('AUTO-SUBMITTED: Auto-Notified')],
  ['that says so twice, once with no', header('Auto-Submitted: no', 'Auto-Submitted: auto-replied')],
  ['that says so with nothing', header('Auto-Submitted:')],
  ['from a list', header('List-Id: <choir.example.org>')],
  ['from a list that can be left', header('List-Unsubscribe: <mailto:leave@example.org>')],
  ['from a list with an archive', header('list-archive: <https://example.org>')],
  ['sent in bulk', header('Precedence: bulk')],
  ['of the precedence of lists', header('Precedence: List')],
  ['of the precedence of junk', header('Precedence: junk')],
  ['that Exchange wants no answer to', header('X-Auto-Response-Suppress: OOF, AutoReply')],
  [
    'that is a report',
    { body: 'Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n--x\n\nx\n--x--' },
  ],
  ['from MAILER-DAEMON', {}, '<MAILER-DAEMON@example.org>'],
  ['from the owner of a list', {}, '<owner-choir@example.org>'],
  ['from the address that takes requests', {}, '<choir-request@example.org>'],
  ['from LISTSERV', {}, '<LISTSERV@example.org>'],
  ['from majordomo', {}, '<majordomo@example.org>'],
  ['from where bounces are counted', {}, '<bounce+anna=zegel.test@example.org>'],
  ['from noreply in From', { from: 'Shop <noreply@example.org>' }],
  ['from no-reply', {}, '<no-reply@example.org>'],
  ['from do-not-reply', {}, '<do-not-reply@example.org>'],
  ['from donotreply with more', {}, '<shop-donotreply+17@example.org>'],
  ['that one has sent to oneself', {}, '<anna@zegel.test>'],
  ['that pretends to come from oneself', { from: 'Anna <anna@zegel.test>' }],
]
for (const [what, said, returnPath] of unanswered)
  test(`a letter ${what} is not answered`, async () => {
    assert.equal(await ask(said, returnPath), undefined)
  })

test('a Return-Path that the sender put in counts for nothing', async () => {
  assert.equal(await ask(header('Return-Path: <victim@example.net>'), '<>'), undefined)
})

test('a letter without Return-Path is not answered', async () => {
  assert.equal(await mayAnswer(parseMessage(letter()), ownAddress), undefined)
})
