/** Programs that people fetch their mail with, against our POP3: fetchmail, getmail, curl. Bytes arrive as they were sent. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { fileLetter, letter } from './letters.ts'
import type { Person } from './people.ts'
import { signedInPop3 } from './pop3.ts'
import { startServer } from './server.ts'

const server = await startServer({ after }, {}, ['pop3'])
const certificate = join(server.config.dataFolder, 'tls/self-made.crt')

/** Kinds of letters that something could happen to on the way. */
const kinds: ((number: number) => Buffer)[] = [
  (number) => letter({ subject: `Gewöhnlich ${number}`, text: 'Grüße aus Äpfelstadt, naïve café, 日本語, 🍏.' }),
  () => letter({ text: '.\n..\n...\n.einer\n\n.\n' }),
  () => letter({ text: `${'x'.repeat(990)}\n\n\n  \n` }),
  () => letter({ body: 'Content-Type: text/plain; charset=iso-8859-1\n\nempty:\n' }),
  () => letter({ body: 'Content-Type: text/plain; charset=utf-8\n\n' }),
  () => Buffer.concat([letter({ text: 'Latin-1:' }), Buffer.from('Gr\xfc\xdfe\r\n', 'latin1')]),
  () => letter({ text: 'From here on\n>From there\nStatus: RO\n' }),
]

const encoded = (bytes: number): string => randomBytes(bytes).toString('base64').replaceAll(/.{76}/g, '$&\n')

const attached = (bytes: number): Buffer =>
  letter({ body: `Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n${encoded(bytes)}\n` })

/** An inbox with so many letters of all kinds and two large ones. */
async function furnished(count: number): Promise<{ person: Person; letters: Buffer[] }> {
  const person = await server.createAccount()
  const letters = Array.from({ length: count - 2 }, (_, number) =>
    (kinds[number % kinds.length] as (typeof kinds)[0])(number),
  )
  letters.splice(5, 0, attached(300_000), attached(4_000_000))
  for (const content of letters) await fileLetter(server, person, content)
  return { person, letters }
}

interface Ended {
  code: number
  stdout: string
  stderr: string
}

const run = (folder: string, file: string, args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], HOME: folder, LC_ALL: 'C.UTF-8', FETCHMAILHOME: folder }
    execFile(
      file,
      args,
      { env, encoding: 'latin1', maxBuffer: 64 * 1024 * 1024, timeout: 120_000 },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    )
  })

/** What lies in a folder, its lines ended with LF, sorted. */
async function arrived(folder: string): Promise<string[]> {
  const names = await readdir(folder)
  const all = await Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')))
  return all.toSorted()
}

const asKept = (letters: Buffer[]): string[] =>
  letters.map((one) => one.toString('latin1').replaceAll('\r\n', '\n')).toSorted()

/** Compared one by one: the difference between two lists of megabytes is nothing to read. */
function assertSame(actual: string[], expected: string[]): void {
  assert.equal(actual.length, expected.length)
  for (const [index, one] of actual.entries())
    assert.ok(one === expected[index], `${one.slice(0, 1500)}\n---- is not ----\n${expected[index]?.slice(0, 1500)}`)
}

const countOf = async (t: TestContext, person: Person): Promise<number> => {
  const pop3 = await signedInPop3(t, server, person)
  const [count] = (await pop3.ok('STAT')).split(' ')
  await pop3.ok('QUIT')
  return Number(count)
}

/** A program in a folder of its own, which hands each letter to a script; how to run it, and where letters are then. */
async function program(t: TestContext): Promise<{ folder: string; inbox: string; deliver: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'zegel-clients-'))
  t.after(() => rm(folder, { recursive: true }))
  const [inbox, deliver] = [join(folder, 'inbox'), join(folder, 'deliver.sh')]
  await mkdir(inbox)
  // A child of getmail 6.18 that ends before its parent waits for it is never heard (its issue 226).
  const untilAwaited = 'until grep -q "^State:.S" /proc/$PPID/status; do sleep 0.01; done'
  await writeFile(deliver, `#!/bin/sh\ncat >"$(mktemp ${inbox}/XXXXXXXXXX)" && ${untilAwaited}\n`)
  await chmod(deliver, 0o755)
  return { folder, inbox, deliver }
}

/** @param way  of TLS: from the first byte, or by STLS; fetchmail checks the certificate either way */
async function openFetchmail(t: TestContext, { address, password }: Person, way: 'pop3' | 'pop3s') {
  const { folder, inbox, deliver } = await program(t)
  const file = join(folder, 'fetchmailrc')
  const fetch = async (options: string): Promise<number> => {
    const settings =
      `set invisible\nset no bouncemail\nset no syslog\n` +
      `poll localhost service ${server[way].port} proto POP3 uidl no dns\n` +
      `  user "${address}" password "${password}" ${way === 'pop3s' ? 'ssl' : 'sslproto "TLS1+"'}\n` +
      `  sslcertck sslcertfile "${certificate}" no rewrite pass8bits mda "${deliver}" ${options}\n`
    await writeFile(file, settings, { mode: 0o600 })
    const args = ['-f', file, '-i', join(folder, 'uids'), '--pidfile', join(folder, 'pid')]
    const { code, stderr } = await run(folder, 'fetchmail', args)
    assert.ok(code < 2, stderr.slice(-2000))
    return code
  }
  return { fetch, inbox }
}

/** What fetchmail ends with. */
const FETCHED = 0
const NOTHING_NEW = 1

test('fetchmail fetches fifty letters, leaves them, and fetches no letter twice', async (t) => {
  const { person, letters } = await furnished(50)
  const { fetch, inbox } = await openFetchmail(t, person, 'pop3s')
  assert.equal(await fetch('keep'), FETCHED)
  assertSame(await arrived(inbox), asKept(letters))
  assert.equal(await fetch('keep'), NOTHING_NEW)
  const another = letter({ subject: 'Noch einer' })
  await fileLetter(server, person, another)
  assert.equal(await fetch('keep'), FETCHED)
  assertSame(await arrived(inbox), asKept([...letters, another]))
  assert.equal(await countOf(t, person), 51)
})

test('fetchmail begins with STLS and deletes what it has fetched', async (t) => {
  const { person, letters } = await furnished(10)
  // One that came by an import, and is longer on the way than it is said to be.
  const imported = Buffer.from(letter({ text: 'eins\n.\nzwei' }).toString().replaceAll('\r\n', '\n'))
  await fileLetter(server, person, imported)
  letters.push(imported)
  const { fetch, inbox } = await openFetchmail(t, person, 'pop3')
  assert.equal(await fetch('nokeep'), FETCHED)
  assertSame(await arrived(inbox), asKept(letters))
  assert.equal(await countOf(t, person), 0)
})

async function openGetmail(t: TestContext, { address, password }: Person) {
  const { folder, inbox, deliver } = await program(t)
  const fetch = async (options: string): Promise<void> => {
    const settings =
      `[retriever]\ntype = SimplePOP3SSLRetriever\nserver = localhost\nport = ${server.pop3s.port}\n` +
      `username = ${address}\npassword = ${password}\nca_certs = ${certificate}\n` +
      `[destination]\ntype = MDA_external\npath = ${deliver}\nallow_root_commands = true\n` +
      `[options]\nreceived = false\ndelivered_to = false\n${options}\n`
    await writeFile(join(folder, 'getmailrc'), settings, { mode: 0o600 })
    const { code, stderr } = await run(folder, 'getmail', ['--getmaildir', folder, '--rcfile', 'getmailrc'])
    assert.equal(code, 0, stderr.slice(-2000))
  }
  // It puts one field before each letter.
  const letters = async (): Promise<string[]> =>
    (await arrived(inbox)).map((one) => one.replace(/^Return-Path: .*\n/, '')).toSorted()
  return { fetch, letters }
}

test('getmail fetches fifty letters, leaves them, and fetches no letter twice', async (t) => {
  const { person, letters } = await furnished(50)
  const getmail = await openGetmail(t, person)
  await getmail.fetch('read_all = false')
  assertSame(await getmail.letters(), asKept(letters))
  const another = letter({ subject: 'Noch einer' })
  await fileLetter(server, person, another)
  await getmail.fetch('read_all = false')
  assertSame(await getmail.letters(), asKept([...letters, another]))
  assert.equal(await countOf(t, person), 51)
})

test('getmail deletes what it has fetched', async (t) => {
  const { person, letters } = await furnished(10)
  const getmail = await openGetmail(t, person)
  await getmail.fetch('delete = true')
  assertSame(await getmail.letters(), asKept(letters))
  assert.equal(await countOf(t, person), 0)
})

test('curl lists, reads, looks at the top and deletes by pop3s://', async (t) => {
  const { person, letters } = await furnished(50)
  const { folder } = await program(t)
  const base = `pop3s://localhost:${server.pop3s.port}/`
  const config = join(folder, 'curlrc')
  await writeFile(
    config,
    `user = "${person.address}:${person.password}"\ncacert = "${certificate}"\nsilent\nshow-error\n`,
  )
  const curl = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(folder, 'curl', ['--config', config, ...args])
    assert.equal(code, 0, stderr)
    return stdout
  }
  const listed = (await curl(base)).trim().split(/\r?\n/)
  assert.deepEqual(
    listed,
    letters.map((one, index) => `${index + 1} ${one.length}`),
  )
  const urls = letters.flatMap((_, index) => [`${base}${index + 1}`, '-o', join(folder, `letter-${index}`)])
  await curl(...urls)
  for (const [index, one] of letters.entries())
    assert.ok((await readFile(join(folder, `letter-${index}`))).equals(one), `letter ${index + 1}`)
  assert.match(await curl('--login-options', 'AUTH=PLAIN', '--request', 'TOP 1 0', base), /^Subject: .*Gew/m)
  await curl('--request', 'DELE 2', '--head', base)
  assert.equal(await countOf(t, person), 49)
  const clear = `pop3://localhost:${server.pop3.port}/`
  assert.equal((await curl('--ssl-reqd', '--login-options', 'AUTH=LOGIN', clear)).trim().split(/\r?\n/).length, 49)
})
