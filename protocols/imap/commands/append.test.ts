import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { dialImap, signedInImap, type ImapDialogue } from '#test/imap'
import { letter } from '#test/letters'
import { startServer } from '#test/server'

const server = await startServer({ after }, { smtp: { maxMessageMegabytes: 0.02 } }, ['imap'])

const literal = (content: Buffer | string, sign = '+'): string =>
  `{${Buffer.byteLength(content as string, 'latin1')}${sign}}\r\n${Buffer.isBuffer(content) ? content.toString('latin1') : content}`

/** The whole of a message. */
async function contentOf(imap: ImapDialogue, uid: number): Promise<string> {
  const [line = ''] = await imap.ok(`UID FETCH ${uid} BODY.PEEK[]`)
  return line.slice(line.indexOf('\r\n') + 2, -1)
}

/** The UIDs that APPENDUID tells. */
const uidsOf = (tagged: string): string => /^OK \[APPENDUID [1-9]\d* ([\d:,]+)\]/.exec(tagged)?.[1] ?? tagged

test('a message is appended with its flags and time, and another client hears of it', async (t) => {
  const person = await server.createAccount()
  const imap = await signedInImap(t, server, person)
  const other = await signedInImap(t, server, person, { select: 'INBOX' })
  other.send('i IDLE\r\n')
  assert.match(await other.next(), /^\+/)
  const content = letter({ subject: 'Steuer' })
  // RFC 9051 §4.3: a synchronising literal is asked for.
  const { tagged } = await imap.say(
    `APPEND INBOX (\\Seen \\Deleted $Work) " 7-Feb-1994 21:52:25 -0800" {${content.length}}`,
    content.toString('latin1'),
  )
  assert.equal(uidsOf(tagged), '1')
  assert.equal(await other.next(), '* 1 EXISTS')
  other.send('DONE\r\n')
  assert.match(await other.next(), /^i OK/)
  const [line] = await other.ok('FETCH 1 (FLAGS INTERNALDATE)')
  assert.equal(line, '1 FETCH (FLAGS (\\Seen \\Deleted $work) INTERNALDATE "08-Feb-1994 05:52:25 +0000")')
  assert.equal(await contentOf(other, 1), content.toString('latin1'))
})

test('whoever has the mailbox selected is told with the command itself (RFC 9051 §6.3.12)', async (t) => {
  const imap = await signedInImap(t, server, await server.createAccount(), { select: 'INBOX' })
  assert.deepEqual(await imap.ok(`APPEND inbox ${literal(letter())}`), ['1 EXISTS'])
})

test('several messages come together, all or none (RFC 3502)', async (t) => {
  const imap = await signedInImap(t, server, await server.createAccount(), { select: 'INBOX' })
  const [one, two, three] = [letter({ subject: 'A' }), letter({ subject: 'B' }), letter({ subject: 'C' })]
  const { tagged } = await imap.say(
    `APPEND INBOX (\\Seen) ${literal(one)} (x y) "07-Sep-2026 10:00:00 +0200" ${literal(two)} ${literal(three)}`,
  )
  assert.equal(uidsOf(tagged), '1:3')
  const lines = await imap.ok('FETCH 1:* (FLAGS MODSEQ)')
  const numbers = lines.filter((line) => line.includes(' MODSEQ (')).map((line) => /MODSEQ \((\d+)\)/.exec(line)?.[1])
  assert.equal(new Set(numbers).size, 1, 'one change number for all')
  assert.match(lines[0] ?? '', /FLAGS \(\\Seen\)/)
  assert.match(lines[1] ?? '', /FLAGS \(x y\)/)
  // A message of no length takes everything back (RFC 3502 §6.3.11).
  assert.match((await imap.say(`APPEND INBOX ${literal(one)} ${literal('')}`)).tagged, /^NO/)
  assert.match(
    (await imap.say(`APPEND INBOX ${literal(one)} CATENATE (URL ";UID=99")`)).tagged,
    /^NO \[BADURL ;UID=99\]/,
  )
  assert.deepEqual(await imap.ok('NOOP'), [])
})

test('what comes is kept as it came: binary, bare LF, NUL, UTF-8 in the header', async (t) => {
  const imap = await signedInImap(t, server, await server.createAccount(), { select: 'INBOX' })
  const utf8 = Buffer.from('Subject: Größe\r\n\r\nä\r\n').toString('latin1')
  const binary =
    'MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n\0\x01\n\xff\0'
  const brought: [command: string, content: string][] = [
    [`APPEND INBOX ${literal('Subject: old\n\nfrom Unix\n')}`, 'Subject: old\n\nfrom Unix\n'],
    [`APPEND INBOX ${literal('Subject: x\r\n\r\na\0b')}`, 'Subject: x\r\n\r\na\0b'],
    [`APPEND INBOX ~${literal(binary)}`, binary],
    [`APPEND INBOX UTF8 (~${literal(utf8)})`, utf8],
    [`APPEND INBOX ${literal(utf8)}`, utf8],
    [`APPEND INBOX ${literal('no header at all')}`, 'no header at all'],
  ]
  for (const [index, [command, content]] of brought.entries()) {
    const { tagged } = await imap.say(command)
    assert.equal(uidsOf(tagged), String(index + 1))
    assert.equal(await contentOf(imap, index + 1), content)
  }
  const [line] = await imap.ok('UID FETCH 3 (BINARY.SIZE[1] BINARY.PEEK[1])')
  assert.equal(line, '3 FETCH (UID 3 BINARY.SIZE[1] 5 BINARY[1] ~{5}\r\n\0\x01\n\xff\0)')
})

test('a message is put together from text and from parts of others (RFC 4469), which stay unseen', async (t) => {
  const imap = await signedInImap(t, server, await server.createAccount())
  const boundary = '--b\r\nContent-Type: text/plain\r\n\r\n'
  const parts = `${boundary}first\r\n--b\r\nContent-Type: text/html\r\n\r\n<b>second</b>\r\n--b--\r\n`
  const source = `Subject: parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${parts}`
  const { tagged } = await imap.say(`APPEND INBOX ${literal(source)}`)
  const validity = /APPENDUID (\d+)/.exec(tagged)?.[1]
  const urls: [url: string, bytes: string][] = [
    ['/INBOX/;UID=1', source],
    [`/inbox;UIDVALIDITY=${validity}/;UID=1/;SECTION=2.MIME`, 'Content-Type: text/html\r\n\r\n'],
    [`/INBOX;uidvalidity=${validity}/;uid=1/;section=2`, '<b>second</b>'],
    ['/INBOX/;UID=1/;SECTION=HEADER.FIELDS%20(Subject)', 'Subject: parts\r\n\r\n'],
    ['/INBOX/;UID=1/;SECTION=1/;PARTIAL=1.3', 'irs'],
    ['/INBOX/;UID=1/;SECTION=1/;PARTIAL=3', 'st'],
  ]
  for (const [index, [url, bytes]] of urls.entries()) {
    const answer = await imap.say(
      `APPEND INBOX (\\Draft) CATENATE (TEXT ${literal('Subject: new\r\n\r\n')} URL "${url}" TEXT ${literal('.')})`,
    )
    assert.equal(uidsOf(answer.tagged), String(index + 2), url)
    if (index === 0) await imap.ok('SELECT INBOX')
    else await imap.ok('NOOP')
    assert.equal(await contentOf(imap, index + 2), `Subject: new\r\n\r\n${bytes}.`)
  }
  // Relative to the selected mailbox.
  await imap.ok('APPEND INBOX CATENATE (URL ";UID=1" UTF8 (~{1+}\r\n!))')
  assert.equal(await contentOf(imap, urls.length + 2), `${source}!`)
  assert.match((await imap.ok('UID FETCH 1 FLAGS'))[0] ?? '', /FLAGS \(\)/)
})

const badUrls: Record<string, string> = {
  'another server': 'imap://evil.example/INBOX/;UID=1',
  'a network path': '//evil.example/INBOX/;UID=1',
  'a message that is not there': '/INBOX/;UID=77',
  'another UIDVALIDITY': '/INBOX;UIDVALIDITY=1/;UID=1',
  'a mailbox that is not there': '/Nowhere/;UID=1',
  'a part that is not there': '/INBOX/;UID=1/;SECTION=3.4',
  'a section that is none': '/INBOX/;UID=1/;SECTION=1]%20BODY[',
  'percent-encoding that is none': '/INBOX%/;UID=1',
  'a climb out of it': '/INBOX/../;UID=1',
  'a whole mailbox': '/INBOX',
  'a response hidden in it': '/INBOX%0d%0a]/;UID=1',
  nothing: '',
}

test('a URL that leads nowhere is named in the answer, and nothing is appended', async (t) => {
  const imap = await signedInImap(t, server, await server.createAccount(), { select: 'INBOX' })
  await imap.ok(`APPEND INBOX ${literal(letter())}`)
  for (const [name, url] of Object.entries(badUrls)) {
    const { untagged, tagged } = await imap.say(`APPEND INBOX CATENATE (TEXT {1+}\r\nx URL ${literal(url)})`)
    assert.match(tagged, /^NO \[BADURL [^\]]*\] /, name)
    assert.deepEqual(untagged, [], name)
  }
  assert.deepEqual(await imap.ok('NOOP'), [])
})

test('a mailbox that is not there may be made (TRYCREATE), and is not made by itself', async (t) => {
  const imap = await signedInImap(t, server, await server.createAccount())
  assert.match((await imap.say(`APPEND Nowhere ${literal(letter())}`)).tagged, /^NO \[TRYCREATE\]/)
  assert.match((await imap.say('SELECT Nowhere')).tagged, /^NO/)
})

test('what is larger than APPENDLIMIT is refused before it is sent, or read and thrown away (RFC 7889 §4)', async (t) => {
  const imap = await signedInImap(t, server, await server.createAccount(), { select: 'INBOX' })
  assert.match((await imap.ok('CAPABILITY')).join(), / APPENDLIMIT=20000\b/)
  assert.match((await imap.say('APPEND INBOX {20001}')).tagged, /^NO \[TOOBIG\]/)
  assert.match((await imap.say(`APPEND INBOX ${literal('x'.repeat(20_001))}`)).tagged, /^NO \[TOOBIG\]/)
  await imap.ok(`APPEND INBOX ${literal('x'.repeat(20_000))}`)
  // Each of several may be as large as one alone.
  await imap.ok(`APPEND INBOX ${literal('x'.repeat(15_000))} ${literal('y'.repeat(15_000))}`)
  const growing = `APPEND INBOX CATENATE (${Array(3).fill('URL "/INBOX/;UID=1"').join(' ')})`
  assert.match((await imap.say(growing)).tagged, /^NO \[TOOBIG\]/)
  assert.deepEqual(await imap.ok('NOOP'), [])
})

const hostile: Record<string, string> = {
  'no message': 'APPEND INBOX',
  'a string in place of a literal': 'APPEND INBOX "Subject: x"',
  'flags that never end': 'APPEND INBOX (\\Seen {1+}\r\nx',
  'a system flag of its own': 'APPEND INBOX (\\Magic) {1+}\r\nx',
  'a keyword with a bracket': 'APPEND INBOX (a]b) {1+}\r\nx',
  'a day that is none': 'APPEND INBOX "31-Feb-2026 10:00:00 +0000" {1+}\r\nx',
  'words after the message': 'APPEND INBOX {1+}\r\nx NOW',
  'an empty list of pieces': 'APPEND INBOX CATENATE ()',
  'pieces without their kind': 'APPEND INBOX CATENATE ({1+}\r\nx)',
  'UTF8 without a literal': 'APPEND INBOX UTF8 ("x")',
  'too many pieces': `APPEND INBOX CATENATE (${Array(1500).fill('URL a').join(' ')})`,
}

test('what is no APPEND is BAD, and the next command is read as one', async (t) => {
  const imap = await signedInImap(t, server, await server.createAccount(), { select: 'INBOX' })
  for (const [name, command] of Object.entries(hostile)) {
    assert.match((await imap.say(command)).tagged, /^BAD/, name)
    assert.deepEqual(await imap.ok('NOOP'), [], name)
  }
})

test('times before and after what a mailbox can show are brought to its ends', async (t) => {
  const imap = await signedInImap(t, server, await server.createAccount(), { select: 'INBOX' })
  await imap.ok(`APPEND INBOX "01-Jan-0001 00:00:00 +0000" ${literal(letter())}`)
  await imap.ok(`APPEND INBOX "31-Dec-9999 23:59:59 +0000" ${literal(letter())}`)
  const dates = await imap.ok('FETCH 1:2 INTERNALDATE')
  assert.match(dates[0] ?? '', /"01-Jan-1970 00:00:00 \+0000"/)
  assert.match(dates[1] ?? '', /"07-Feb-2106 06:28:15 \+0000"/)
})

test('before sign-in nothing can be appended, and no large literal is taken', async (t) => {
  const imap = await dialImap(t, server.imaps, { tls: true })
  assert.match((await imap.say('APPEND INBOX {5+}\r\nhello')).tagged, /^BAD/)
  assert.match((await imap.say('APPEND INBOX {5000}')).tagged, /^(NO|BAD)/)
})
