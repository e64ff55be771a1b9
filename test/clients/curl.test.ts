/** curl against our IMAP: lists, reads, searches, uploads, and says commands of its user's own. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { after, test, type TestContext } from 'node:test'
import { signedInImap } from '../imap.ts'
import { fileLetter, letter } from '../letters.ts'
import type { Person } from '../people.ts'
import { startServer } from '../server.ts'
import { certificateOf, program } from './program.ts'

const server = await startServer({ after }, {}, ['imap'])

async function openCurl(t: TestContext, { address, password }: Person, extra = '') {
  const { ok, run, write } = await program(t)
  const config = await write(
    'curlrc',
    `user = "${address}:${password}"\ncacert = "${certificateOf(server)}"\nsilent\nshow-error\n${extra}`,
  )
  const base = `imaps://localhost:${server.imaps.port}/`
  return {
    write,
    get: (path: string, ...args: string[]) => ok('curl', '--config', config, ...args, `${base}${path}`),
    code: async (path: string, ...args: string[]) =>
      (await run('curl', '--config', config, ...args, `${base}${path}`)).code,
    say: (path: string, command: string) => ok('curl', '--config', config, '--request', command, `${base}${path}`),
    starttls: (...args: string[]) =>
      ok('curl', '--config', config, '--ssl-reqd', ...args, `imap://localhost:${server.imap.port}/`),
  }
}

const lines = (text: string): string[] => text.trim().split('\r\n')

/** What curl ends with. */
const LOGIN_DENIED = 67
const FILE_NOT_FOUND = 78

test('curl lists mailboxes under TLS and STARTTLS, with each way of signing in', async (t) => {
  const curl = await openCurl(t, await server.createAccount())
  const listed = await curl.get('')
  assert.match(listed, /^\* LIST \([^)]*\) "\/" "?INBOX"?\r$/m)
  assert.match(listed, /^\* LIST \([^)]*\\Sent[^)]*\) "\/" "?Sent"?\r$/m)
  for (const way of ['AUTH=PLAIN', 'AUTH=LOGIN', 'AUTH=*'])
    assert.equal(await curl.starttls('--login-options', way), listed, way)
  assert.equal(await curl.code('', '--user', 'nobody@zegel.test:wrong'), LOGIN_DENIED)
})

test('curl reads letters by UID and by number, whole and in sections', async (t) => {
  const person = await server.createAccount()
  const letters = [
    letter({ subject: 'Eins', text: 'Grüße aus Äpfelstadt, naïve café, 日本語, 🍏.' }),
    letter({ subject: 'Zwei', text: 'x'.repeat(990) }),
    letter({ subject: 'Drei', text: 'Zeile\n'.repeat(150_000) }),
  ]
  for (const content of letters) await fileLetter(server, person, content)
  const curl = await openCurl(t, person)
  for (const [index, content] of letters.entries()) {
    const expected = content.toString('latin1')
    assert.ok((await curl.get(`INBOX;UID=${index + 1}`)) === expected, `UID ${index + 1}`)
    assert.ok((await curl.get(`INBOX;MAILINDEX=${index + 1}`)) === expected, `number ${index + 1}`)
  }
  const [first = Buffer.alloc(0)] = letters
  const text = first.toString('latin1')
  assert.equal(await curl.get('INBOX;UID=1;SECTION=TEXT'), text.slice(text.indexOf('\r\n\r\n') + 4))
  assert.equal(await curl.get('INBOX;UID=2;SECTION=HEADER.FIELDS%20(SUBJECT)'), 'Subject: Zwei\r\n\r\n')
  const [, validity] = /UIDVALIDITY (\d+)/.exec(await curl.say('', 'STATUS INBOX (UIDVALIDITY)')) ?? []
  assert.ok((await curl.get(`INBOX;UIDVALIDITY=${validity};UID=1`)) === text)
  assert.equal(await curl.code('INBOX;UIDVALIDITY=1;UID=1'), FILE_NOT_FOUND)
  assert.equal(await curl.code('INBOX;UID=99'), FILE_NOT_FOUND)
})

test('curl searches', async (t) => {
  const person = await server.createAccount()
  await fileLetter(server, person, { subject: 'Rechnung', text: 'Bitte zahlen.' })
  await fileLetter(server, person, { subject: 'Einladung', text: 'Bitte kommen.' })
  const curl = await openCurl(t, person)
  assert.equal(await curl.get('INBOX?SUBJECT%20Einladung'), '* SEARCH 2\r\n')
  assert.equal(await curl.get('INBOX?TEXT%20bitte'), '* SEARCH 1 2\r\n')
  assert.equal(await curl.get('INBOX?NEW'), '* SEARCH\r\n')
})

test('curl uploads letters, and nothing is changed on the way', async (t) => {
  const person = await server.createAccount()
  const curl = await openCurl(t, person)
  const letters = [
    letter({ subject: 'Hinauf', text: 'Grüße.\n.\n..\n' }),
    letter({ text: 'Eine lange Zeile. '.repeat(100_000) }),
  ]
  for (const [index, content] of letters.entries()) {
    const file = await curl.write(`letter-${index}`, '')
    await writeFile(file, content)
    await curl.get('Drafts', '--upload-file', file)
    assert.ok((await curl.get(`Drafts;UID=${index + 1}`)) === content.toString('latin1'), `letter ${index + 1}`)
  }
  const imap = await signedInImap(t, server, person, { select: 'Drafts' })
  // It says so of everything that it uploads.
  assert.deepEqual(await imap.ok('FETCH 1:* FLAGS'), ['1 FETCH (FLAGS (\\Seen))', '2 FETCH (FLAGS (\\Seen))'])
  const file = await curl.write('lost', 'Subject: lost\r\n\r\n')
  assert.notEqual(await curl.code('Nowhere', '--upload-file', file), 0)
})

test('curl says what its user has it say, and a second client sees the outcome', async (t) => {
  const person = await server.createAccount()
  for (const subject of ['Eins', 'Zwei', 'Drei']) await fileLetter(server, person, { subject })
  const curl = await openCurl(t, person)
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })
  assert.match(await curl.say('', 'CAPABILITY'), /^\* CAPABILITY .*IMAP4rev1.*\r\n$/)
  await curl.say('', 'CREATE Projekte/2026')
  assert.deepEqual(lines(await curl.say('', 'LIST "" "Projekte/%"')).length, 1)
  assert.deepEqual(lines(await curl.say('INBOX', 'FETCH 1:* FLAGS')), [
    '* 1 FETCH (FLAGS ())',
    '* 2 FETCH (FLAGS ())',
    '* 3 FETCH (FLAGS ())',
  ])
  await curl.say('INBOX', 'STORE 2 +FLAGS (\\Deleted)')
  await curl.say('INBOX', 'UID COPY 3 Projekte/2026')
  await curl.say('INBOX', 'EXPUNGE')
  assert.deepEqual(await imap.ok('NOOP'), ['2 EXPUNGE'])
  assert.deepEqual(await imap.ok('UID SEARCH ALL'), ['SEARCH 1 3'])
  assert.deepEqual(await imap.ok('STATUS Projekte/2026 (MESSAGES)'), ['STATUS "Projekte/2026" (MESSAGES 1)'])
  await curl.say('', 'DELETE Projekte/2026')
  await curl.say('', 'DELETE Projekte')
  assert.deepEqual(await imap.ok('LIST "" Projekte*'), [])
})
