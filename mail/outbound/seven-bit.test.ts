import assert from 'node:assert/strict'
import { isAscii } from 'node:buffer'
import { test } from 'node:test'
import { parseMessage, partContent, walkParts } from '#formats/message'
import { toSevenBit } from './seven-bit.ts'

const lines = (...text: string[]): Buffer => Buffer.from(text.join('\r\n'))

/** What the leaves of a message hold, whatever their encoding. */
const contents = (bytes: Buffer): string[] => {
  const message = parseMessage(bytes)
  return [...walkParts(message.root, true)]
    .filter((part) => part.children.length === 0 && part.message === null)
    .map((part) => partContent(message, part).bytes.toString())
}

const letters: Record<string, Buffer> = {
  'one text': lines(
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    'Grüße',
    '',
  ),
  'a text that does not tell its encoding': lines(
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Grüße aus Köln',
    '',
  ),
  'parts, one of them plain': lines(
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    'Content-Transfer-Encoding: 8bit',
    '',
    '--b',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    'Grüße',
    '--b',
    '',
    'plain',
    '--b--',
    '',
  ),
  'a letter within the letter': lines(
    'MIME-Version: 1.0',
    'Content-Type: message/rfc822',
    'Content-Transfer-Encoding: 8bit',
    '',
    'Subject: inner',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Grüße',
    '',
  ),
}
for (const [what, letter] of Object.entries(letters))
  test(`${what}: seven bits carry the same content`, () => {
    const converted = toSevenBit(letter)
    assert.ok(converted !== undefined && isAscii(converted))
    assert.deepEqual(contents(converted), contents(letter))
    assert.doesNotMatch(converted.toString(), /8bit/)
  })

const impossible: Record<string, Buffer> = {
  'a header in UTF-8': lines('MIME-Version: 1.0', 'Subject: Grüße', '', 'text', ''),
  'no MIME, so that no encoding can be told': lines('Subject: x', '', 'Grüße', ''),
  'bytes between the parts': lines(
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    'Grüße',
    '--b',
    '',
    'x',
    '--b--',
    '',
  ),
}
for (const [what, letter] of Object.entries(impossible))
  test(`given back: ${what}`, () => {
    assert.equal(toSevenBit(letter), undefined)
  })
