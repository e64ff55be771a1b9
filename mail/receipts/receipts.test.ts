import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMessage } from '#formats/message'
import { letter, type Letter } from '#test/letters'
import { receiptAsked } from './asked.ts'
import { parseDisposition } from './disposition.ts'
import { parseReceipt } from './parse.ts'
import { writeReceipt, type Receipt } from './write.ts'

const RECEIPT: Receipt = {
  from: { name: 'Anna Ägide', email: 'anna@zegel.test' },
  to: ['bea@example.org'],
  subject: 'Gelesen: Grüße',
  text: 'Angezeigt, nicht verstanden.',
  language: 'de',
  originalMessageId: '1@example.org',
  messageId: '2@zegel.test',
  finalRecipient: 'rfc822; anna@zegel.test',
  originalRecipient: 'rfc822;anna+x@zegel.test',
  reportingUA: 'a program',
  disposition: { actionMode: 'manual-action', sendingMode: 'mdn-sent-manually', type: 'displayed' },
  extensions: { 'X-Colour': 'blue' },
  original: undefined,
}
const read = (receipt: Partial<Receipt>) => parseReceipt(parseMessage(writeReceipt({ ...RECEIPT, ...receipt })))

test('a receipt is read as it was written (RFC 8098 §3)', () => {
  assert.deepEqual(read({}), {
    subject: 'Gelesen: Grüße',
    textBody: 'Angezeigt, nicht verstanden.',
    includeOriginalMessage: false,
    reportingUA: 'a program',
    disposition: RECEIPT.disposition,
    mdnGateway: null,
    originalRecipient: 'rfc822;anna+x@zegel.test',
    finalRecipient: 'rfc822; anna@zegel.test',
    originalMessageId: '<1@example.org>',
    error: null,
    extensionFields: { 'X-Colour': 'blue' },
  })
  const bare = read({ reportingUA: undefined, originalRecipient: undefined, extensions: {}, original: letter() })
  assert.deepEqual([bare?.reportingUA, bare?.originalRecipient, bare?.extensionFields], [null, null, null])
  assert.equal(bare?.includeOriginalMessage, true)
})

test('no value of a receipt adds a field or ends its header', () => {
  assert.throws(() => writeReceipt({ ...RECEIPT, subject: 'x\r\nBcc: victim@example.net' }), { name: 'InvalidMessage' })
  assert.throws(() => writeReceipt({ ...RECEIPT, originalMessageId: 'a>\r\nBcc: v@example.net' }), {
    name: 'InvalidMessage',
  })
  const hostile = read({ reportingUA: 'x\r\nDisposition: automatic-action/MDN-sent-manually; deleted' })
  assert.equal(hostile?.disposition.type, 'displayed')
})

const dispositions: [text: string, expected: string | undefined][] = [
  ['manual-action/MDN-sent-manually; displayed', 'manual-action mdn-sent-manually displayed false'],
  ['Automatic-Action / mdn-sent-automatically ;Deleted', 'automatic-action mdn-sent-automatically deleted false'],
  ['manual-action/MDN-sent-manually; processed/error', 'manual-action mdn-sent-manually processed true'],
  ['manual-action/MDN-sent-manually; denied', undefined],
  ['manual-action; displayed', undefined],
  ['', undefined],
]
for (const [text, expected] of dispositions)
  test(`a disposition: ${text || 'nothing'}`, () => {
    const read = parseDisposition(text)
    assert.equal(read && [read.actionMode, read.sendingMode, read.type, read.isError].join(' '), expected)
  })

const REPORT = 'Content-Type: multipart/report; report-type=disposition-notification; boundary=x'
const others: [what: string, body: string][] = [
  ['a plain letter', 'Content-Type: text/plain\n\nDisposition: manual-action/MDN-sent-manually; displayed'],
  [
    'a report of delivery',
    'Content-Type: multipart/report; boundary=x\n\n--x\n\nx\n--x\nContent-Type: message/delivery-status\n\nAction: failed\n--x--',
  ],
  ['a report without its second part', `${REPORT}\n\n--x\n\nx\n--x--`],
  [
    'a report that says nothing',
    `${REPORT}\n\n--x\n\nx\n--x\nContent-Type: message/disposition-notification\n\n\n--x--`,
  ],
  ['half a report', `${REPORT}\n\n--x`],
]
for (const [what, body] of others)
  test(`no receipt: ${what}`, () => assert.equal(parseReceipt(parseMessage(letter({ body }))), undefined))

const DNT = 'Disposition-Notification-To: Bea <bea@example.org>'
const asking: [what: string, said: Letter, returnPath: string, to: string[] | undefined][] = [
  ['that asks', { headers: [DNT] }, '<bea@example.org>', ['bea@example.org']],
  ['that asks for another address', { headers: [DNT] }, '<bounce@list.example>', ['bea@example.org']],
  ['that asks for nothing', {}, '<bea@example.org>', undefined],
  ['that asks for nobody', { headers: ['Disposition-Notification-To: x'] }, '<bea@example.org>', undefined],
  ['from the null sender', { headers: [DNT] }, '<>', undefined],
  [
    'that is a receipt itself',
    { headers: [DNT], body: `${REPORT}\n\n--x\n\nx\n--x--` },
    '<bea@example.org>',
    undefined,
  ],
  [
    'that wants a receipt for a crowd',
    {
      headers: [`Disposition-Notification-To: ${Array.from({ length: 11 }, (_, i) => `v${i}@example.net`).join(', ')}`],
    },
    '<bea@example.org>',
    undefined,
  ],
]
for (const [what, said, returnPath, to] of asking)
  test(`a message ${what} ${to === undefined ? 'has none' : 'has a receipt'}`, () => {
    const bytes = Buffer.concat([Buffer.from(`Return-Path: ${returnPath}\r\n`), letter(said)])
    assert.deepEqual(receiptAsked(parseMessage(bytes))?.to, to)
  })
