import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { signedInImap, type ImapDialogue } from '#test/imap'
import { fileLetter } from '#test/letters'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['imap'])
const reader = await server.createAccount()

const NESTED = [
  'From: Emma <emma@example.org>',
  'Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=',
  'Date: Sat, 5 Sep 2026 10:00:00 +0200',
  'Content-Type: text/plain; charset=utf-8',
  '',
  'Viele Gruesse',
  '',
].join('\r\n')
const PICTURE = Buffer.from([0xff, 0xd8, 0, 1, 2, 3, 0xd9])
const LETTER = Buffer.from(
  [
    'Return-Path: <bea@example.org>',
    'From: =?utf-8?Q?B=C3=A4a?= <bea@example.org>',
    'To: Anna <anna@zegel.test>,',
    '\tKlara <klara@zegel.test>',
    'Subject: Apfelernte',
    'Date: Mon, 7 Sep 2026 09:30:00 +0200',
    'Message-ID: <one@example.org>',
    'In-Reply-To: <zero@example.org>',
    'X-Long: yes',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="=_a"',
    '',
    'Not shown.',
    '--=_a',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'Am Samstag im G=C3=A4rtchen.',
    '--=_a',
    'Content-Type: image/jpeg; name="apfel.jpg"',
    'Content-Disposition: attachment; filename="apfel.jpg"',
    'Content-Transfer-Encoding: base64',
    'Content-ID: <apfel@example.org>',
    '',
    PICTURE.toString('base64'),
    '--=_a',
    'Content-Type: message/rfc822',
    '',
    NESTED,
    '--=_a--',
    '',
  ].join('\r\n'),
)
await fileLetter(server, reader, LETTER, { keywords: ['$seen'], receivedAt: new Date('2026-09-07T07:31:00Z') })

const whole = LETTER.toString('latin1')
const header = whole.slice(0, whole.indexOf('\r\n\r\n') + 4)
const literal = (text: string): string => `{${text.length}}\r\n${text}`

/** What is asked for, and what stands in the parentheses of the answer. */
const answers: Record<string, string> = {
  UID: 'UID 1',
  FLAGS: 'FLAGS (\\Seen)',
  INTERNALDATE: 'INTERNALDATE "07-Sep-2026 07:31:00 +0000"',
  'RFC822.SIZE': `RFC822.SIZE ${LETTER.length}`,
  FAST: `FLAGS (\\Seen) INTERNALDATE "07-Sep-2026 07:31:00 +0000" RFC822.SIZE ${LETTER.length}`,
  ENVELOPE:
    'ENVELOPE ("Mon, 7 Sep 2026 09:30:00 +0200" "Apfelernte" (("=?utf-8?B?QsOkYQ==?=" NIL "bea" "example.org")) ' +
    '(("=?utf-8?B?QsOkYQ==?=" NIL "bea" "example.org")) (("=?utf-8?B?QsOkYQ==?=" NIL "bea" "example.org")) ' +
    '(("Anna" NIL "anna" "zegel.test")("Klara" NIL "klara" "zegel.test")) NIL NIL "<zero@example.org>" "<one@example.org>")',
  BODY:
    'BODY (("text" "plain" ("charset" "utf-8") NIL NIL "quoted-printable" 28 0)' +
    '("image" "jpeg" ("name" "apfel.jpg") "<apfel@example.org>" NIL "base64" 12)' +
    `("message" "rfc822" NIL NIL NIL "7bit" ${NESTED.length} ("Sat, 5 Sep 2026 10:00:00 +0200" "=?utf-8?B?R3LDvMOfZQ==?=" ` +
    '(("Emma" NIL "emma" "example.org")) (("Emma" NIL "emma" "example.org")) (("Emma" NIL "emma" "example.org")) NIL NIL NIL NIL NIL) ' +
    '("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 15 1) 6) "mixed")',
  'BODY.PEEK[]': `BODY[] ${literal(whole)}`,
  'RFC822.HEADER': `RFC822.HEADER ${literal(header)}`,
  'BODY.PEEK[HEADER]': `BODY[HEADER] ${literal(header)}`,
  'BODY.PEEK[TEXT]': `BODY[TEXT] ${literal(whole.slice(header.length))}`,
  'BODY.PEEK[TEXT]<4.5>': `BODY[TEXT]<4> ${literal('shown')}`,
  'BODY.PEEK[]<999999.10>': 'BODY[]<999999> {0}\r\n',
  'BODY.PEEK[1]': `BODY[1] ${literal('Am Samstag im G=C3=A4rtchen.')}`,
  'BODY.PEEK[1.MIME]': `BODY[1.MIME] ${literal('Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n')}`,
  'BODY.PEEK[2]': `BODY[2] ${literal(PICTURE.toString('base64'))}`,
  'BODY.PEEK[3]': `BODY[3] ${literal(NESTED)}`,
  'BODY.PEEK[3.TEXT]': `BODY[3.TEXT] ${literal('Viele Gruesse\r\n')}`,
  'BODY.PEEK[3.1]': `BODY[3.1] ${literal('Viele Gruesse\r\n')}`,
  'BODY.PEEK[3.HEADER.FIELDS (subject)]': `BODY[3.HEADER.FIELDS (subject)] ${literal('Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\r\n')}`,
  'BODY.PEEK[9]': 'BODY[9] NIL',
  // Of the summary, and of the content.
  'BODY.PEEK[HEADER.FIELDS (To "Message-Id" Cc)]': `BODY[HEADER.FIELDS (To Message-Id Cc)] ${literal('To: Anna <anna@zegel.test>,\r\n\tKlara <klara@zegel.test>\r\nMessage-ID: <one@example.org>\r\n\r\n')}`,
  'BODY.PEEK[HEADER.FIELDS (SUBJECT X-LONG)]': `BODY[HEADER.FIELDS (SUBJECT X-LONG)] ${literal('Subject: Apfelernte\r\nX-Long: yes\r\n\r\n')}`,
  'BODY.PEEK[HEADER.FIELDS.NOT (Return-Path From To Subject Date Message-ID In-Reply-To Content-Type)]': `BODY[HEADER.FIELDS.NOT (Return-Path From To Subject Date Message-ID In-Reply-To Content-Type)] ${literal('X-Long: yes\r\nMIME-Version: 1.0\r\n\r\n')}`,
  'BINARY.PEEK[1]': `BINARY[1] ${literal('Am Samstag im G\xc3\xa4rtchen.')}`,
  'BINARY.PEEK[2]': `BINARY[2] ~${literal(PICTURE.toString('latin1'))}`,
  'BINARY.PEEK[2]<1.3>': `BINARY[2]<1> ~${literal('\xd8\0\x01')}`,
  'BINARY.SIZE[2]': 'BINARY.SIZE[2] 7',
  PREVIEW: 'PREVIEW "Am Samstag im G\xc3\xa4rtchen."',
  'PREVIEW (LAZY)': 'PREVIEW "Am Samstag im G\xc3\xa4rtchen."',
}

test('each data item is answered as the RFC has it', async (t) => {
  const imap = await signedInImap(t, server, reader, { select: 'INBOX' })
  for (const [asked, answer] of Object.entries(answers)) {
    const [line, ...more] = await imap.ok(
      `FETCH 1 ${asked.includes(' ') && !asked.endsWith(']') && !asked.includes('[') ? `(${asked})` : asked}`,
    )
    assert.equal(line, `1 FETCH (${answer})`, asked)
    assert.deepEqual(more, [], asked)
  }
})

test('a part whose encoding nobody knows is declined, and nothing of it begun (RFC 3516 §4.3)', async (t) => {
  const person = await server.createAccount()
  await fileLetter(server, person, { body: 'Content-Type: image/png\nContent-Transfer-Encoding: x-own\n\nxxx\n' })
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  for (const items of ['BODY.PEEK[HEADER] BINARY.PEEK[1]', 'UID BINARY.SIZE[1]']) {
    const { untagged, tagged } = await imap.say(`FETCH 1 (${items})`)
    assert.match(tagged, /^NO \[UNKNOWN-CTE\]/)
    assert.deepEqual(untagged, [])
  }
  assert.equal((await imap.ok('FETCH 1 (BINARY.PEEK[] BODY.PEEK[1])')).length, 1)
})

test('BODYSTRUCTURE has what BODY has, and more', async (t) => {
  const imap = await signedInImap(t, server, reader, { select: 'INBOX' })
  const [line = ''] = await imap.ok('FETCH 1 BODYSTRUCTURE')
  assert.match(line, /"base64" 12 NIL \("attachment" \("filename" "apfel\.jpg"\)\) NIL NIL\)/)
  assert.match(line, / "mixed" \("boundary" "=_a"\) NIL NIL NIL\)\)$/)
})

test('ids and the time of filing stay with a message', async (t) => {
  const imap = await signedInImap(t, server, reader, { select: 'INBOX' })
  const [line = ''] = await imap.ok('UID FETCH 1 (EMAILID THREADID SAVEDATE MODSEQ)')
  assert.match(
    line,
    /^1 FETCH \(UID 1 EMAILID \(M[0-9a-z]+\) THREADID \(T[0-9a-z]+\) SAVEDATE "[^"]+" MODSEQ \(\d+\)\)$/,
  )
})

test('text beyond ASCII is sent as such to who has said that it may', async (t) => {
  const imap = await signedInImap(t, server, reader)
  await imap.ok('ENABLE UTF8=ACCEPT')
  await imap.ok('SELECT INBOX')
  const [line = ''] = await imap.ok('FETCH 1 ENVELOPE')
  assert.ok(line.includes('(("B\xc3\xa4a" NIL "bea" "example.org"))'), line)
})

test('who reads marks as seen, others hear of it, and who only looks does not', async (t) => {
  const person = await server.createAccount()
  await fileLetter(server, person)
  const open = (): Promise<ImapDialogue> => signedInImap(t, server, person)
  const [looking, watching, reading] = await Promise.all([open(), open(), open()])
  await looking.ok('EXAMINE INBOX')
  await watching.ok('SELECT INBOX')
  await reading.ok('SELECT INBOX')
  assert.equal((await looking.ok('FETCH 1 BODY[]')).length, 1)
  assert.equal((await reading.ok('FETCH 1 BODY.PEEK[]')).length, 1)
  const [, flags] = await reading.ok('FETCH 1 BODY[TEXT]')
  assert.equal(flags, '1 FETCH (UID 1 FLAGS (\\Seen))')
  assert.deepEqual(await watching.ok('NOOP'), ['1 FETCH (UID 1 FLAGS (\\Seen))'])
})

test('a large letter comes whole and in parts, as it was', async (t) => {
  const person = await server.createAccount()
  const text = Array.from({ length: 60_000 }, (_, line) => `${line} ${'.'.repeat(60)}`).join('\r\n')
  const large = Buffer.from(`From: a@example.org\r\nSubject: Large\r\n\r\n${text}\r\n`)
  await fileLetter(server, person, large)
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  const [line = ''] = await imap.ok('FETCH 1 BODY.PEEK[]')
  assert.ok(line === `1 FETCH (BODY[] ${literal(large.toString('latin1'))})`)
  const [part = ''] = await imap.ok('FETCH 1 BODY.PEEK[]<3000000.100>')
  assert.equal(part, `1 FETCH (BODY[]<3000000> ${literal(large.toString('latin1', 3_000_000, 3_000_100))})`)
  const [head = ''] = await imap.ok('FETCH 1 BODY.PEEK[HEADER]')
  assert.equal(head, `1 FETCH (BODY[HEADER] ${literal('From: a@example.org\r\nSubject: Large\r\n\r\n')})`)
})

test('many letters, small and large, come each as it was and in the order of their numbers, compressed or not', async (t) => {
  const person = await server.createAccount()
  const letters = Array.from({ length: 270 }, (_, number) => {
    // What does not shrink stands in a file, and some of it is streamed.
    const text = randomBytes(number === 200 ? 900_000 : number % 30 === 7 ? 90_000 : number % 9).toString('base64')
    return Buffer.from(`From: a@example.org\r\nSubject: ${number}\r\n\r\n${text}\r\n`)
  })
  for (const letter of letters) await fileLetter(server, person, letter)
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  const whole = letters.map((letter, at) => `${at + 1} FETCH (BODY[] ${literal(letter.toString('latin1'))})`)
  const subject = (number: number): string => `BODY[HEADER.FIELDS (SUBJECT)] ${literal(`Subject: ${number}\r\n\r\n`)}`
  const subjects = letters.map((_, at) => `${at + 1} FETCH (${subject(at)})`)
  assert.deepEqual(await imap.ok('FETCH 1:* BODY.PEEK[]'), whole)
  await imap.ok('COMPRESS DEFLATE')
  imap.compress()
  assert.deepEqual(await imap.ok('FETCH 1:* BODY.PEEK[]'), whole)
  assert.deepEqual(await imap.ok('FETCH 1:* BODY.PEEK[HEADER.FIELDS (SUBJECT)]'), subjects)
})

test('what is in IDLE hears at once of what comes and of what changes', async (t) => {
  const person = await server.createAccount()
  await fileLetter(server, person)
  const idle = await signedInImap(t, server, person, { select: 'INBOX' })
  const other = await signedInImap(t, server, person, { select: 'INBOX' })
  idle.send('i IDLE\r\n')
  assert.equal(await idle.next(), '+ idling')
  await fileLetter(server, person)
  assert.equal(await idle.next(), '* 2 EXISTS')
  await other.ok('STORE 1 +FLAGS (\\Flagged $Forwarded Apfel)')
  assert.match(await idle.next(), /^\* FLAGS \(.*apfel/)
  assert.equal(await idle.next(), '* 1 FETCH (UID 1 FLAGS (\\Flagged $Forwarded apfel))')
  idle.send('DONE\r\n')
  assert.match(await idle.next(), /^i OK/)
})

test('STORE sets, adds and takes away flags; .SILENT says nothing', async (t) => {
  const person = await server.createAccount()
  for (let count = 0; count < 3; count++) await fileLetter(server, person)
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  const steps: [say: string, ...told: string[]][] = [
    ['STORE 1 FLAGS (\\Seen \\Deleted)', '1 FETCH (UID 1 FLAGS (\\Seen \\Deleted))'],
    [
      'STORE 1:2 +FLAGS (\\Flagged)',
      '1 FETCH (UID 1 FLAGS (\\Seen \\Flagged \\Deleted))',
      '2 FETCH (UID 2 FLAGS (\\Flagged))',
    ],
    ['STORE 1 -FLAGS (\\Seen)', '1 FETCH (UID 1 FLAGS (\\Flagged \\Deleted))'],
    ['UID STORE 3 +FLAGS.SILENT (\\Answered)'],
    ['STORE * FLAGS ()', '3 FETCH (UID 3 FLAGS ())'],
  ]
  for (const [say, ...told] of steps) assert.deepEqual(await imap.ok(say), told, say)
  await imap.ok('EXAMINE INBOX')
  assert.match((await imap.say('STORE 1 +FLAGS (\\Seen)')).tagged, /^NO \[READ-ONLY\]/)
})

test('keywords that programs look for come back as they write them, whoever set them in which case', async (t) => {
  const someone = await server.createAccount()
  await fileLetter(server, someone, {}, { keywords: ['$mailflagbit0', 'nonjunk'] })
  const imap = await signedInImap(t, server, someone, { select: 'INBOX' })
  await imap.ok('STORE 1 +FLAGS ($MAILFLAGBIT2)')
  const [line = ''] = await imap.ok('FETCH 1 FLAGS')
  const flags = /FLAGS \((.*)\)\)$/.exec(line)?.[1]?.split(' ').sort()
  assert.deepEqual(flags, ['$MailFlagBit0', '$MailFlagBit2', 'NonJunk'])
})

test('a UID that another connection has learnt can be named before this one was told of it', async (t) => {
  const person = await server.createAccount()
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  await fileLetter(server, person)
  const other = await signedInImap(t, server, person, { select: 'INBOX' })
  await other.ok('UID FETCH 1 (FLAGS)')
  assert.deepEqual(await imap.ok('UID STORE 1 +FLAGS (\\Flagged)'), ['1 EXISTS', '1 FETCH (UID 1 FLAGS (\\Flagged))'])
})
