import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  bodyBytes,
  bodyLists,
  envelope,
  fieldName,
  fieldValue,
  findPart,
  hasAttachment,
  mediaType,
  parseMessage,
  partText,
  preview,
  textForIndex,
  transferDecode,
  walkParts,
  type Envelope,
  type Message,
  type Part,
} from './index.ts'
import { encodeText } from './transfer-encode.ts'

const DATA = fileURLToPath(new URL('../../../shared/data/', import.meta.url))
const SETS = ['mail-mime/ruby-mail', 'mail-mime/stalwart-rfc', 'mail-mime/stalwart-malformed'].concat(
  ['easy-ham-2', 'hard-ham-1', 'spam-1'].map((name) => `mail-spamassassin/${name}`),
)
const EXPECTED_MESSAGES = 2_287

const files = SETS.flatMap((set) => {
  try {
    return readdirSync(DATA + set).map((name) => `${set}/${name}`)
  } catch (cause) {
    throw new Error(`the message collection ../shared/data/${set}, beside the repository, is missing`, { cause })
  }
})
const load = (file: string): Message => parseMessage(readFileSync(DATA + file))

test('the whole collection is there', () => {
  assert.equal(files.length, EXPECTED_MESSAGES)
})

const parts = (message: Message): Part[] => [...walkParts(message.root, true)]
const bodiesEnd = (message: Message): number => message.bytes.length

/** What must hold of every message. */
function check(message: Message): void {
  assert.equal(message.root.headerStart, 0)
  assert.equal(message.root.bodyEnd, bodiesEnd(message))
  assert.equal(message.isCutShort, false)
  const ids = parts(message).flatMap((part) => part.partId || [])
  assert.equal(new Set(ids).size, ids.length)
  for (const part of parts(message)) checkPart(message, part)

  const text = preview(message)
  assert.ok(text.length <= 256 && text.isWellFormed())
  assert.doesNotMatch(text, /[\x00-\x1f\x7f-\x9f]|^\s|\s$| {2}/)
  assert.ok(textForIndex(message).body.length <= 1_000_000)
  assert.equal(typeof hasAttachment(message), 'boolean')
  checkEnvelope(envelope(message))
}

function checkPart(message: Message, part: Part): void {
  assert.ok(part.headerStart <= part.bodyStart && part.bodyStart <= part.bodyEnd)
  let position = part.bodyStart
  for (const child of part.children) {
    assert.ok(position <= child.headerStart && child.bodyEnd <= part.bodyEnd)
    position = child.bodyEnd
  }
  assert.equal(part.type === 'multipart', part.children.length > 0)
  if (part.message) {
    assert.equal(part.message.root.headerStart, part.bodyStart)
    assert.equal(part.message.root.bodyEnd, part.bodyEnd)
  }
  for (const field of part.fields) {
    assert.ok(
      part.headerStart <= field.nameStart && field.nameStart < field.nameEnd && field.nameEnd < field.valueStart,
    )
    assert.ok(field.valueStart <= field.valueEnd && field.valueEnd <= part.bodyStart)
    assert.match(fieldName(message, field), /^[!-9;-~]+$/)
    assert.ok(!fieldValue(message, field, 'Text').includes('\n'))
  }
  const body = bodyBytes(message, part)
  assert.equal(part.lines, body.filter((byte) => byte === 10).length)
  if (part.partId !== '') assert.equal(findPart(message, part.partId), part)
  if (part.type === 'text') {
    const { text } = partText(message, part)
    assert.ok(text.isWellFormed() && !text.includes('\r'))
    const { bytes, encoding } = encodeText(text)
    assert.equal(transferDecode(bytes, encoding).bytes.toString().replaceAll('\r\n', '\n'), text)
  }
}

function checkEnvelope(found: Envelope): void {
  for (const list of [found.from, found.sender, found.replyTo, found.to, found.cc, found.bcc]) {
    for (const { name, email } of list ?? []) {
      assert.ok(name === null || (name !== '' && name === name.trim()))
      assert.doesNotMatch(email, /[\r\n]/)
    }
  }
  if (found.date !== null) assert.match(found.date, /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})$/)
  for (const ids of [found.messageId, found.inReplyTo, found.references]) {
    if (ids !== null) assert.ok(ids.length > 0 && ids.every((id) => /^[^\s<>]+$/.test(id)))
  }
}

/** What a message says, whatever its line ends. */
const content = (message: Message): unknown => [
  parts(message).map((part) => [part.partId, mediaType(part), part.lines, part.filename, { ...part.parameters }]),
  parts(message).map((part) => (part.type === 'text' ? partText(message, part) : null)),
  envelope(message),
  preview(message),
]

for (const set of SETS) {
  test(`every message of ${set} keeps what must hold of all, with LF and with CRLF`, () => {
    for (const file of files.filter((name) => name.startsWith(`${set}/`))) {
      try {
        const message = load(file)
        check(message)
        const text = message.bytes.toString('latin1')
        // Where a file mixes its line ends, a change of them changes what they mean.
        const isMixed = /\r(?!\n)/.test(text) || (/\r\n/.test(text) && /(?<!\r)\n/.test(text))
        if (isMixed) continue
        const unix = text.replaceAll('\r\n', '\n')
        const [lf, crlf] = [unix, unix.replaceAll('\n', '\r\n')].map((each) =>
          parseMessage(Buffer.from(each, 'latin1')),
        )
        check(crlf!)
        assert.deepEqual(content(lf!), content(crlf!))
      } catch (cause) {
        throw new Error(`in ${file}`, { cause })
      }
    }
  })
}

test('a message reads as the people who collected it say (RFC 8621 §4.1.4)', () => {
  const { textBody, htmlBody, attachments } = bodyLists(load('mail-mime/stalwart-rfc/007.eml'))
  const names = (list: readonly Part[]): string => list.map((part) => part.partId).join(' ')
  assert.equal(names(textBody), '1 2.1.1.1 2.1.1.2 2.1.1.3 3')
  assert.equal(names(htmlBody), '1 2.1.2.1 3')
  assert.equal(names(attachments), '2.1.1.2 2.1.2.2 2.2 2.3 2.4')
})

const ruby = (name: string): Message => load(`mail-mime/ruby-mail/emails_${name}.eml`)

test('names of files are read however they are written', () => {
  const names: [string, string, string][] = [
    ['attachment_emails_attachment_nonascii_filename', '2', 'ciële.txt'],
    ['attachment_emails_attachment_with_unquoted_name', '2', 'This is a test.txt'],
    ['attachment_emails_attachment_with_base64_encoded_name', '2', 'This is a test.pdf'],
    ['attachment_emails_attachment_with_quoted_filename', '1', 'Eelanalüüsi päring.jpg'],
    ['multi_charset_japanese_attachment', '2', 'てすと.txt'],
  ]
  for (const [name, partId, filename] of names) assert.equal(findPart(ruby(name), partId)?.filename, filename, name)
})

test('text is read in the charsets of the world', () => {
  const previews: [string, string][] = [
    ['multi_charset_japanese', 'かきくえこ'],
    ['multi_charset_japanese_iso_2022', 'すみません。'],
    ['multi_charset_ks_c_5601-1987', '스티해'],
    ['plain_emails_raw_email', '대부분의 마찬가지로, 우리는 하나님을 믿습니다. 제 이름은 Jamis입니다.'],
    ['plain_emails_raw_email_quoted_with_0d0a', "A fax has arrived from remote ID ''. Time: 3/9/2006 3:50:52 PM"],
  ]
  for (const [name, text] of previews) assert.ok(preview(ruby(name)).startsWith(text), name)
})

test('headers are read however broken they are', () => {
  const froms: [string, { name: string | null; email: string }[]][] = [
    [
      'error_emails_invalid_subject_characters',
      [{ name: 'Formação Frenetikpolis', email: 'info@formacaofrenetik.info' }],
    ],
    ['rfc6532_utf8_headers', [{ name: 'Jöhn Doe', email: 'jdöe@mächine.example' }]],
    ['rfc2822_example03', [{ name: 'Joe Q. Public', email: 'john.q.public@example.com' }]],
  ]
  for (const [name, from] of froms) assert.deepEqual(envelope(ruby(name)).from, from, name)
  assert.deepEqual(envelope(ruby('error_emails_new_line_in_to_header')).to?.at(-1), {
    name: null,
    email: 'cc@c-l-example.com',
  })
  assert.equal(
    envelope(ruby('error_emails_invalid_subject_characters')).subject,
    'Formação FrenetikPolis: Mega Campanha Final Verão | Cursos de Setembro',
  )
  assert.equal(envelope(ruby('plain_emails_raw_email_incorrect_header')).date, '2005-02-23T18:20:17-04:00')
  assert.equal(envelope(ruby('plain_emails_raw_email_with_bad_date')).date, null)
  assert.equal(ruby('error_emails_multiple_content_types').root.subtype, 'alternative')
})

test('encodings are known whatever they are called', () => {
  const encodings: [string, string][] = [
    ['7-bit', '7bit'],
    ['empty', '7bit'],
    ['plain', '7bit'],
    ['with_8bits', '8bit'],
    ['text-html', 'text/html'],
  ]
  for (const [name, encoding] of encodings) {
    const message = ruby(`error_emails_content_transfer_encoding_${name}`)
    assert.ok(
      parts(message).some((part) => part.encoding === encoding),
      name,
    )
  }
})
