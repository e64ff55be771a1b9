/** The real scanners: what they find, what happens while they are silent, and that they keep nothing of a letter. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { askScanners } from '#mail/scanners'
import { letter, openMailReader, type MailReader } from './letters.ts'
import type { Person } from './people.ts'
import { EICAR, GTUBE, startClamd, startRspamd, type RunningScanner } from './scanners.ts'
import { startServer, type TestServer } from './server.ts'
import { dialSmtp } from './smtp.ts'
import { promised } from './promises.ts'

type Json = Record<string, unknown>

/** Words that stand in letters, and nowhere else. */
const MARKS = ['absender-geheim', 'empfaenger-geheim', 'Betreffgeheim', 'Textgeheim', 'dateigeheim', 'Anlagegeheim']

const [clamd, rspamd] = await Promise.all([startClamd({ after }), startRspamd({ after })])
const scanners = { clamd: clamd.address, rspamd: rspamd.address, timeoutSeconds: 60 }
const server = await startServer({ after }, { scanners })
/** One that does not wait long for a scanner that says nothing. */
const hasty = await startServer({ after }, { scanners: { ...scanners, timeoutSeconds: 1 } })

const withFile = (content: string, filename = 'dateigeheim.bin') =>
  [
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'Textgeheim',
    '--b',
    `Content-Type: application/octet-stream; name=${filename}`,
    `Content-Disposition: attachment; filename=${filename}`,
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from(content).toString('base64'),
    '--b--',
    '',
  ].join('\n')

const from = 'absender-geheim@example.org'
const date = new Date().toUTCString().replace('GMT', '+0000')
const honest = letter({ from, date, subject: 'Betreffgeheim', body: withFile('Anlagegeheim') })
const infected = letter({ from, subject: 'Betreffgeheim', body: withFile(EICAR) })
const junk = letter({ from, subject: 'Betreffgeheim', text: `Textgeheim\n${GTUBE}` })

type Undoing = { after(undo: () => void): void }

/** The reply to a letter from elsewhere. */
async function arrive(t: Undoing, { smtp }: TestServer, { address }: Person, content: Buffer): Promise<string> {
  const dialogue = await dialSmtp(t, smtp)
  await dialogue.say(`MAIL FROM:<${from}>`)
  await dialogue.say(`RCPT TO:<${address}>`)
  await dialogue.say('DATA')
  dialogue.send(content)
  return dialogue.say('\r\n.')
}

/** The reply to a letter that somebody sends by their own program. */
async function submit(
  t: Undoing,
  { submissions }: TestServer,
  { address, password }: Person,
  body: string,
): Promise<string> {
  const dialogue = await dialSmtp(t, submissions, { tls: true })
  await dialogue.say(`AUTH PLAIN ${Buffer.from(`\0${address}\0${password}`).toString('base64')}`)
  await dialogue.say(`MAIL FROM:<${address}>`)
  await dialogue.say('RCPT TO:<bea@example.org>')
  await dialogue.say('DATA')
  dialogue.send(letter({ from: address, to: 'bea@example.org', subject: 'Betreffgeheim', body }))
  return dialogue.say('\r\n.')
}

const count = async (table: 'item' | 'upload' | 'queue_letter'): Promise<number> => {
  const { sql } = server.storage.database
  const { rows } = {
    item: await sql<{ n: number }>`select count(*)::int as n from item`,
    upload: await sql<{ n: number }>`select count(*)::int as n from upload`,
    queue_letter: await sql<{ n: number }>`select count(*)::int as n from queue_letter`,
  }[table]
  return rows[0]?.n ?? 0
}

beforeEach(() => {
  for (const scanner of [clamd, rspamd]) scanner.continue()
})

test('what rspamd takes for spam is in Junk, and says so; what nobody finds anything in is in the inbox', async (t) => {
  const anna = await openMailReader(server)
  const person = { address: String(anna.session['username']) } as Person
  for (const content of [junk, honest]) assert.match(await arrive(t, server, person, content), /^250/)
  const shown = async (role: string): Promise<string[][]> => {
    const { ids } = await anna.call('Email/query', { filter: { inMailbox: await anna.mailbox(role) } })
    const { list } = await anna.call('Email/get', { ids, properties: ['verdict'] })
    return (list as { verdict: { findings: { name: string }[] } }[]).map(({ verdict }) =>
      verdict.findings.map(({ name }) => name).filter((name) => name.startsWith('rspamd')),
    )
  }
  assert.deepEqual([await shown('junk'), await shown('inbox')], [[['rspamdReject']], [[]]])
})

test(promised(6), async (t) => {
  const [anna, before] = [await server.createAccount('empfaenger-geheim'), await count('item')]
  assert.match(await arrive(t, server, anna, infected), /^550 5\.7\.1 The message holds a virus/)
  assert.equal(await count('item'), before)
})

test('the operator is told which scanner answers', async () => {
  const both = (clamd: boolean, rspamd: boolean) => [
    { name: 'clamd', answers: clamd },
    { name: 'rspamd', answers: rspamd },
  ]
  const asked = async (timeoutMs: number) =>
    (await askScanners({ scanners }, timeoutMs)).map(({ name, answers }) => ({ name, answers }))
  assert.deepEqual(await asked(60_000), both(true, true))
  clamd.pause()
  rspamd.pause()
  assert.deepEqual(await asked(300), both(false, false))
})

const SILENT: readonly [name: string, scanner: RunningScanner][] = [
  ['clamd', clamd],
  ['rspamd', rspamd],
]
for (const [name, scanner] of SILENT) {
  test(`while ${name} says nothing, mail is put off, and it comes when it speaks again`, async (t) => {
    const [anna, before] = [await server.createAccount(), await count('item')]
    scanner.pause()
    assert.match(await arrive(t, hasty, anna, honest), /^451 4\.7\.1 The message could not be checked now/)
    assert.equal(await count('item'), before)
    scanner.continue()
    assert.match(await arrive(t, server, anna, honest), /^250/)
    assert.equal(await count('item'), before + 1)
  })

  test(`when ${name} dies over a letter, it is put off, and it comes when there is another`, async (t) => {
    const [anna, before] = [await server.createAccount(), await count('item')]
    scanner.pause()
    const reply = arrive(t, server, anna, honest)
    await scanner.kill()
    assert.match(await reply, /^451 4\.7\.1/)
    assert.match(await arrive(t, server, anna, honest), /^451 4\.7\.1/, 'nobody listens')
    assert.equal(await count('item'), before)
    await scanner.start()
    assert.match(await arrive(t, server, anna, honest), /^250/)
    assert.equal(await count('item'), before + 1)
  })
}

const PROGRAM = `MZ${'\0'.repeat(100)}`
const LEAVING: readonly [what: string, body: string, reply: RegExp, check: string][] = [
  ['a virus', withFile(EICAR), /^550 5\.7\.1 The message holds a virus/, 'infected'],
  ['a program', withFile(PROGRAM), /^550 5\.7\.1 A program/, 'dangerousAttachment'],
]
for (const [what, body, reply, check] of LEAVING)
  test(`a letter with ${what} does not leave, and its sender is told why`, async (t) => {
    const before = await count('queue_letter')
    assert.match(await submit(t, server, await server.createAccount(), body), reply)
    const error = await submitByJmap(await openMailReader(server), body)
    assert.deepEqual([error['type'], error['check'], error['properties']], ['invalidEmail', check, ['attachments']])
    assert.equal(await count('queue_letter'), before)
  })

test(promised(6), async (t) => {
  const before = await count('queue_letter')
  const [anna, reader] = [await hasty.createAccount(), await openMailReader(hasty)]
  rspamd.pause()
  assert.match(await submit(t, hasty, anna, withFile('Anlagegeheim')), /^451 4\.7\.1/)
  const error = await submitByJmap(reader, withFile('Anlagegeheim'))
  assert.deepEqual([error['type'], error['check']], ['serverUnavailable', 'scannerSilent'])
  assert.equal(await count('queue_letter'), before)
  rspamd.continue()
  assert.match(await submit(t, server, anna, withFile('Anlagegeheim')), /^250/)
})

async function submitByJmap(anna: MailReader, body: string): Promise<Json> {
  const { list } = await anna.call('Identity/get')
  const [{ id: identityId, email } = { id: '', email: '' }] = list as { id: string; email: string }[]
  const emailId = await anna.file('drafts', letter({ from: email, to: 'bea@example.org', body }))
  const { notCreated } = await anna.call('EmailSubmission/set', { create: { s: { identityId, emailId } } })
  return (notCreated as { s: Json } | null)?.s ?? {}
}

async function upload({ session, accountId, headers }: MailReader, content: string | Uint8Array): Promise<Response> {
  const url = String(session['uploadUrl']).replace('{accountId}', accountId)
  return fetch(url, { method: 'POST', headers: { ...headers, 'content-type': 'application/x-test' }, body: content })
}

test('a file with a virus is not kept, nor one that nobody looked at', async () => {
  const [anna, hurried] = [await openMailReader(server), await openMailReader(hasty)]
  const before = await count('upload')
  assert.equal((await upload(anna, 'Anlagegeheim')).status, 201)
  const large = Buffer.concat([Buffer.alloc(3_000_000, 'Anlagegeheim'), Buffer.from(EICAR)])
  for (const content of [EICAR, large]) {
    const answer = await upload(anna, content)
    assert.equal(answer.status, 422)
    assert.match(JSON.stringify(await answer.json()), /virus/)
  }
  clamd.pause()
  assert.equal((await upload(hurried, 'Anlagegeheim')).status, 503)
  assert.equal(await count('upload'), before + 1)
})

/** All files below a folder. */
const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))

test('nothing of the letters is in what the scanners say or keep, and that is in memory', () => {
  const TMPFS = 0x0102_1994
  for (const { folder, log } of [clamd, rspamd]) {
    assert.notEqual(log(), '')
    assert.equal(statfsSync(folder).type, TMPFS)
    const kept = [log(), ...files(folder).map((file) => readFileSync(file, 'latin1'))]
    for (const mark of MARKS)
      for (const form of [mark, mark.toLowerCase(), Buffer.from(mark).toString('base64').slice(0, -4)])
        assert.ok(!kept.some((text) => text.includes(form)), mark)
  }
  assert.match(
    readFileSync(join(import.meta.dirname, '../ops/clamav/clamd.conf'), 'utf8'),
    /^TemporaryDirectory \/dev\/shm$/m,
  )
})
