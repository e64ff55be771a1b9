import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { newFolder, removeFolder, startChild } from '#test/child'
import { startDovecot, startRelay } from '#test/dovecot'
import { openJmapClient, type JmapClient } from '#test/jmap'
import { letter } from '#test/letters'
import { startNameServer } from '#test/name-server'
import { readZip } from '#test/zip'

const folder = newFolder()
after(() => removeFolder(folder))
const dovecot = await startDovecot({ after })
const relay = await startRelay({ after }, dovecot.imaps)
const names = await startNameServer(
  { after },
  { 'mail.example': { A: ['10.0.0.1'] }, 'other.example': { A: ['127.0.0.1'] }, 'zegel.test': { A: ['127.0.0.1'] } },
)
const server = await startChild({
  folder,
  settings: `
trial = true
hostname = "zegel.test"
listen = ["127.0.0.1"]
cleartextOnLoopback = true
[dns]
servers = ["${names.address}"]
[fetch]
allow = ${JSON.stringify([...dovecot.allow, `127.0.0.1:${relay.port}`])}
authority = "${dovecot.authority}"
`,
})
after(() => server.stop())

const password = 'a long enough password'
const [anna, bea, carl, dora] = ['anna@zegel.test', 'bea@zegel.test', 'carl@zegel.test', 'dora@zegel.test']
for (const address of [anna, bea, carl, dora])
  await server.command(['account', 'create', address, '--password-stdin'], password)

const WHY = ['--purpose', 'support', '--reference', 'T-12']

const OPTIONS = { cwd: join(import.meta.dirname, '../..'), env: server.env }

/** Runs `./zegel` beside the server. */
async function zegel(args: string[], input = ''): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, ['main.ts', ...args], OPTIONS)
  child.stdin.end(input)
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve))), out, err }
}

test('an operator brings letters in, its owner takes them out by their password, and both are told', async () => {
  const file = join(folder, 'old.mbox')
  const from = 'From a@b.example Sat Jan  3 01:05:34 1996\n'
  writeFileSync(file, `${from}${String(letter())}\n${from}no header\n\n${from}${String(letter())}\n`)
  const brought = await zegel(['import', anna, file, ...WHY])
  assert.equal(
    brought.out,
    '2 letters came, 0 were there already, 1 part is damaged, 0 files are no letters.\n  byte ' +
      brought.out.split('byte ')[1],
  )
  assert.match(brought.out, /line \d+: noHeader/)
  const again = await zegel(['import', anna, file, '--folder', 'old', '--json', ...WHY])
  assert.partialDeepStrictEqual(JSON.parse(again.out), { added: 0, known: 2, damaged: 1 })

  const archive = join(folder, 'all.zip')
  const out = ['export', anna, archive, '--password-stdin', '--format', 'maildir', ...WHY]
  const wrong = await zegel(out, 'another password\n')
  assert.deepEqual([wrong.code, wrong.err], [1, 'That is not the password.\n'])
  assert.equal((await zegel(out, `${password}\n`)).code, 0)
  assert.equal(statSync(archive).mode & 0o777, 0o600)
  assert.equal([...readZip(readFileSync(archive)).keys()].filter((name) => name.startsWith('.old/cur/')).length, 2)
  const taken = await zegel(out, `${password}\n`)
  assert.deepEqual([taken.code, taken.err], [78, `${archive}: EEXIST\n`])
  const other = await zegel(['import', bea, archive, '--json', ...WHY])
  assert.partialDeepStrictEqual(JSON.parse(other.out), { added: 2, known: 0, damaged: 0, skipped: 0 })

  const jmap = await openJmapClient({ http: `http://127.0.0.1:${server.http}` }, { address: anna, password })
  const { list } = await jmap.call('AccessEntry/get', { ids: null })
  assert.deepEqual(
    (list as { fields: string[] }[])
      .map(({ fields }) => fields)
      .flat()
      .toSorted(),
    ['exported', 'exported', 'imported', 'imported'],
  )
})

const jmapOf = (address: string): Promise<JmapClient> =>
  openJmapClient({ http: `http://127.0.0.1:${server.http}` }, { address, password })

async function lettersOf(jmap: JmapClient): Promise<number> {
  const { total } = await jmap.call('Email/query', { calculateTotal: true, limit: 1 })
  return total as number
}

/** Of the account at the other provider. */
const provider = (address: string, ...more: string[]): string[] => [
  'import',
  address,
  '--imap',
  'zegel.test',
  '--user',
  dovecot.user,
  '--password-stdin',
  ...more,
  ...WHY,
]
const there = `${dovecot.password}\n`
const tls = ['--port', String(dovecot.imaps)]

test('an operator brings an account at another provider, again as often as they like, and its owner is told', async () => {
  const client = await dovecot.client()
  await client.append('INBOX', letter(), ['\\Seen'])
  await client.append('Verschickt', letter())
  const first = await zegel(provider(carl, ...tls), there)
  assert.deepEqual(
    [first.code, first.out, first.err],
    [0, '2 letters came, 0 were there already, 0 letters or folders could not be read.\n', ''],
  )
  await client.append('INBOX', letter())
  const again = await zegel(provider(carl, '--starttls', '--port', String(dovecot.imap)), there)
  assert.equal(again.out, '1 letter came, 2 were there already, 0 letters or folders could not be read.\n')
  const below = await zegel(provider(carl, ...tls, '--folder', 'Old/Other', '--json'), there)
  assert.deepEqual(JSON.parse(below.out), { added: 3, known: 0, damaged: 0, skipped: 0, damages: [] })

  const jmap = await jmapOf(carl)
  const { list: mailboxes } = await jmap.call('Mailbox/get', { ids: null })
  const counts = Object.fromEntries(
    (mailboxes as { name: string; totalEmails: number }[]).map(({ name, totalEmails }) => [name, totalEmails]),
  )
  assert.partialDeepStrictEqual(counts, { Inbox: 2, Old: 0, Other: 2 })
  const { list } = await jmap.call('AccessEntry/get', { ids: null })
  assert.deepEqual(
    (list as { fields: string[] }[]).flatMap(({ fields }) => fields),
    ['imported', 'imported', 'imported'],
  )
  await client.logout()
})

test('at a terminal it says how far it is', async () => {
  const file = join(folder, 'password')
  writeFileSync(file, there)
  const words = [process.execPath, 'main.ts', ...provider(carl, ...tls)].map((word) => `'${word}'`).join(' ')
  const child = spawn('script', ['-qec', `${words} < '${file}'`, '/dev/null'], OPTIONS)
  child.stdin.end()
  assert.match(await text(child.stdout), /\r100 % · 3 letters .*0 letters came, 3 were there already/s)
})

test('an import that is killed in the middle is run again: all letters come, and each once', async () => {
  const client = await dovecot.client()
  await client.mailboxCreate('Many')
  for (let n = 0; n < 150; n++) await client.append('Many', letter({ text: 'x'.repeat(30_000) }))
  await client.logout()
  const jmap = await jmapOf(dora)
  const args = provider(dora, '--port', String(relay.port))
  const held = relay.holdAfter(3_500_000)
  const child = spawn(process.execPath, ['main.ts', ...args], OPTIONS)
  child.stdin.end(there)
  await held
  while ((await lettersOf(jmap)) === 0) await sleep(50)
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('exit', resolve))
  relay.cut()
  const here = await lettersOf(jmap)
  assert.ok(here < 153)
  const again = await zegel([...args, '--json'], there)
  assert.partialDeepStrictEqual(JSON.parse(again.out), { added: 153 - here, known: here, damaged: 0 })
  assert.equal(await lettersOf(jmap), 153)
})

test('a line that breaks is told, with what has come', async () => {
  const held = relay.holdAfter(1_000_000)
  const running = zegel(provider(bea, '--port', String(relay.port), '--folder', 'Broken', '--json'), there)
  await held
  await dovecot.kill()
  relay.cut()
  const { code, out, err } = await running
  await dovecot.restart()
  assert.deepEqual(
    [code, err],
    [69, 'The other provider was not reached, or the line broke. What has come stays: run it again to go on.\n'],
  )
  const { added } = JSON.parse(out) as { added: number }
  assert.ok(added < 153)
})

const REFUSED: [what: string, args: string[], code: number, sentence: RegExp][] = [
  ['without a reason', ['import', anna, '/dev/null'], 64, /for one of these purposes only/],
  ['a file that is not there', ['import', anna, '/nowhere/x', ...WHY], 78, /^\/nowhere\/x: ENOENT\n$/],
  ['a file that is no mail', ['import', anna, join(folder, 'master.key'), ...WHY], 78, /noMail/],
  [
    'an account that is not there',
    ['import', 'nobody@zegel.test', '/dev/null', ...WHY],
    1,
    /No account has that address/,
  ],
  ['a file and a provider', ['import', anna, '/dev/null', '--imap', 'zegel.test', ...WHY], 64, /--imap HOST/],
  ['neither a file nor a provider', ['import', anna, ...WHY], 64, /--imap HOST/],
  [
    'a provider without a name',
    ['import', anna, '--imap', 'zegel.test', '--password-stdin', ...WHY],
    64,
    /--user USER/,
  ],
  ['a port that is none', provider(anna, '--port', '99999'), 64, /--port N/],
  ['a wrong password elsewhere', provider(anna, ...tls), 1, /does not accept name and password/],
  ['an account elsewhere for nobody', provider('nobody@zegel.test', ...tls), 1, /No account has that address/],
  ['a certificate of another name', provider(anna, ...tls).with(3, 'other.example'), 1, /The certificate of the other/],
  ['a machine that is private', provider(anna).with(3, 'mail.example'), 1, /a public address is wanted/],
  ['an export without the owner', ['export', anna, join(folder, 'x.zip'), ...WHY], 64, /--password-stdin/],
  [
    'a format that is none',
    ['export', anna, join(folder, 'x.zip'), '--password-stdin', '--format', 'pst', ...WHY],
    64,
    /mbox\|maildir/,
  ],
]
for (const [what, args, code, sentence] of REFUSED)
  test(`refused: ${what}`, async () => {
    const { code: given, err } = await zegel(args, `${password}\n`)
    assert.equal(given, code, err)
    assert.match(err, sentence)
  })
