import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createAccount } from '#accounts'
import { parseMessage, partContent, walkParts } from '#formats/message'
import { createStandardMailboxes } from '#mail'
import { turnEpoch } from '#storage'
import { shiftClock } from '#system'
import { testDatabase } from '#test/database'
import { openJmapClient } from '#test/jmap'
import { addRecovery } from '#test/people'
import { startServer } from '#test/server'
import { startSink } from '#test/sink'
import { dialSmtp } from '#test/smtp'
import { createCollection } from '#transfer'
import { close, remindClosed, reopen } from '#trust/closing'
import { ACCOUNT_TABLES, issueReceipts, KEPT_TABLES, publicKeys, verifyReceipt } from '#trust/receipts'
import { eraseAccounts } from './accounts.ts'
import { promised } from '#test/promises'

const DAY_SECONDS = 86_400
const sink = await startSink({ after })
const server = await startServer({ after }, { routes: { 'example.org': `127.0.0.1:${sink.port}` } }, [
  'smtp',
  'http',
  'queue',
])
const { storage, config } = server
const { sql } = storage.database

const inDays = (days: number): void => shiftClock(days * DAY_SECONDS)

/** Runs the rule as the worker would, until nothing is left to do. */
async function erase(): Promise<number> {
  let count = 0
  for (let some = await eraseAccounts(storage); some > 0; some = await eraseAccounts(storage)) count += some
  return count
}

async function rcpt(t: { after(undo: () => void): void }, address: string): Promise<string> {
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say('MAIL FROM:<a@peer.example>')
  return smtp.say(`RCPT TO:<${address}>`)
}

async function deliver(t: { after(undo: () => void): void }, address: string, body: string): Promise<void> {
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say('MAIL FROM:<a@peer.example>')
  assert.match(await smtp.say(`RCPT TO:<${address}>`), /^250/)
  await smtp.say('DATA')
  assert.match(await smtp.say(`From: <a@peer.example>\r\nSubject: x\r\n\r\n${body}\r\n.`), /^250/)
}

/** Rows of an account in every table of the catalog that has a column for it. */
async function rowsOf(accountId: number): Promise<Record<string, number>> {
  const rows: Record<string, number> = {}
  for (const table of await tablesOfAccounts()) {
    const text = `select count(*)::int as count from ${table} where account_id = ${accountId}`
    const template = Object.assign([text], { raw: [text] }) as unknown as TemplateStringsArray
    const { rows: counted } = await sql<{ count: number }>(template)
    if ((counted[0]?.count ?? 0) > 0) rows[table] = counted[0]?.count ?? 0
  }
  return rows
}

async function tablesOfAccounts(): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid
    where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition
      and a.attname = 'account_id' and not a.attisdropped order by 1`
  return rows.map(({ name }) => name)
}

/** The letter that the sink was given with such a subject. */
async function received(subject: RegExp): Promise<ReturnType<typeof parseMessage>> {
  for (let tries = 0; tries < 300; tries++) {
    const found = sink.letters.find(({ content }) => subject.test(content))
    if (found !== undefined) return parseMessage(Buffer.from(found.content, 'latin1'))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('no such letter came')
}

test('every table with rows of accounts is on the list of what is erased', async () => {
  assert.deepEqual(await tablesOfAccounts(), [...ACCOUNT_TABLES.map(({ table }) => table), ...KEPT_TABLES].toSorted())
})

test(promised(15), async (t) => {
  t.after(() => shiftClock(0))
  const person = await server.createAccount('vera')
  const bystander = await server.createAccount('walter')
  await addRecovery(storage, person, 'vera@example.org')
  for (const { address } of [person, bystander]) {
    await deliver(t, address, 'small')
    await deliver(t, address, 'a large one of many words\r\n'.repeat(10_000))
  }
  const account = await storage.openAccount(person.id)
  const collectionId = await createCollection(config, account, {
    protocol: 'pop3',
    origin: { host: 'pop.example.org', port: 995, security: 'tls', user: 'vera', password: 'elsewhere' },
    chosen: undefined,
    everyMinutes: 15,
    leavesThere: true,
  })
  await sql`
    insert into collected_letter (account_id, collection_id, uid_key, is_damaged)
    values (${account.id}, ${collectionId}, ${Buffer.alloc(32)}, false)`
  const folder = join(config.dataFolder, 'blobs', String(person.id))
  assert.ok(existsSync(folder), 'the large letter is a file')
  const untouched = await rowsOf(bystander.id)

  const jmap = await openJmapClient(server, person)
  assert.equal((await jmap.fail('Closing/close', { password: 'wrong' }))['description'], 'password')
  await jmap.call('Closing/close', { password: person.password })
  assert.match(await rcpt(t, person.address), /^550 5\.1\.6 /)
  assert.equal((await fetch(`${server.http}/.well-known/jmap`, { headers: jmap.headers })).status, 401)
  await received(/Your account is closed/)

  inDays(334.9)
  assert.equal(await remindClosed(storage, config), 0)
  inDays(335.1)
  assert.equal(await remindClosed(storage, config), 1)
  assert.equal(await remindClosed(storage, config), 0, 'nobody is reminded twice')
  inDays(358.1)
  assert.equal(await remindClosed(storage, config), 1)
  inDays(394.9)
  assert.equal(await remindClosed(storage, config), 0, 'it can no longer be reopened')
  assert.equal(await erase(), 0, 'its time is not over')

  inDays(395.1)
  assert.equal(await eraseAccounts(storage), 1)
  await assert.rejects(storage.openAccount(person.id), { reason: 'notFound' }, 'the key goes first')
  assert.ok((await erase()) > 0)
  assert.deepEqual(await rowsOf(person.id), {})
  assert.deepEqual(await rowsOf(bystander.id), untouched)
  assert.ok(!existsSync(folder), 'its files are gone')

  assert.equal(await issueReceipts(storage, config), 0, 'an old copy of the key might still be opened')
  await turnEpoch(storage.database, config.keyFile)
  assert.equal(await issueReceipts(storage, config), 1)
  assert.equal(await issueReceipts(storage, config), 0)
  const letter = await received(/Receipt: your account is erased/)
  const part = [...walkParts(letter.root)].find(({ type, subtype }) => `${type}/${subtype}` === 'application/json')
  assert.ok(part)
  const file = partContent(letter, part).bytes.toString()
  const { keys } = await publicKeys(storage)
  const verdict = verifyReceipt(file, keys)
  assert.equal(verdict.isValid && verdict.isAddressProven, true)
  const { statement } = JSON.parse(file) as { statement: { erased: { what: string; count: number }[] } }
  assert.equal(statement.erased.find(({ what }) => what === 'messages')?.count, 2)

  assert.match(await rcpt(t, person.address), /^550 5\.1\.1 /)
  const again = { address: person.address, password: 'another long password' }
  await assert.rejects(createAccount(storage, again, createStandardMailboxes), { reason: 'addressFormer' })
})

test('an erasing that is killed in the middle, again and again, ends the same: nothing left, and everything counted once', async (t) => {
  t.after(() => shiftClock(0))
  const person = await server.createAccount()
  for (let count = 0; count < 30; count++) await deliver(t, person.address, `letter ${count}`)
  await deliver(t, person.address, 'a large one of many words\r\n'.repeat(10_000))
  await close(storage, config, await storage.openAccount(person.id), { closedBy: 'owner' })
  const before = await rowsOf(person.id)
  assert.ok(Object.keys(before).length > 10)
  const { url } = await testDatabase()
  const script = `
    import { eraseAccounts } from './trust/retention/accounts.ts'
    import { openStorage } from '#storage'
    import { openLog, shiftClock } from '#system'
    const { config, url, seconds } = JSON.parse(process.env.ERASING_TEST)
    shiftClock(seconds)
    const storage = await openStorage(config, url, 'zegel_app', openLog('silent'))
    while ((await eraseAccounts(storage, 1)) > 0) process.stdout.write('.')
    await storage.close()`
  for (const steps of [1, 1, 2, 3, 4]) {
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      cwd: new URL('../..', import.meta.url),
      env: { ...process.env, ERASING_TEST: JSON.stringify({ config, url, seconds: 396 * DAY_SECONDS }) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    let seen = 0
    await new Promise((resolve) => {
      child.stdout.on('data', (data: Buffer) => {
        seen += data.length
        if (seen >= steps) resolve(undefined)
      })
      child.once('exit', resolve)
    })
    child.kill('SIGKILL')
    await ended
  }
  inDays(396)
  await erase()
  assert.deepEqual(await rowsOf(person.id), {})
  assert.ok(!existsSync(join(config.dataFolder, 'blobs', String(person.id))))
  const { rows } = await sql<{ counts: Record<string, number>; account_id: number | null }>`
    select counts, account_id from receipt where erased_at is not null order by erased_at desc limit 1`
  assert.deepEqual(rows[0]?.counts, before)
})

test('nothing of an erased account stands in any table, and no key opens what may lie in an old copy', async (t) => {
  t.after(() => shiftClock(0))
  const person = await server.createAccount('rosalinde')
  await addRecovery(storage, person, 'rosalinde@elsewhere.example')
  const account = await storage.openAccount(person.id)
  const { rows: sealed } = await sql<{ settings: Buffer }>`
    select settings from account where account_id = ${person.id}`
  const { rows: wraps } = await sql<{ wrapped: Buffer }>`
    select wrapped from keys.wrap where place = ${`account/${person.id}/server`}`
  assert.equal(wraps.length, 1)
  await close(storage, config, account, { closedBy: 'operator' })
  inDays(396)
  await erase()
  await turnEpoch(storage.database, config.keyFile)
  await issueReceipts(storage, config)
  const marks = [
    String(person.id),
    ...[sealed[0]?.settings, wraps[0]?.wrapped].map((one) => one?.toString('hex') ?? ''),
  ]
  const { rows: tables } = await sql<{ name: string }>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname in ('public', 'keys') and tablename not like 'journal%' and tablename <> 'migration'`
  for (const { name } of tables) {
    const text = `select t::text as row from ${name} t`
    const template = Object.assign([text], { raw: [text] }) as unknown as TemplateStringsArray
    for (const { row } of (await sql<{ row: string }>(template)).rows)
      for (const mark of marks) assert.ok(!row.includes(mark), `${name} still has something of it`)
  }
  const { rows: receipts } = await sql<{
    addressee: Buffer | null
  }>`select addressee from receipt where statement is not null`
  assert.ok(
    receipts.every(({ addressee }) => addressee === null),
    'whom it was for is forgotten',
  )
})

test('a receipt that was changed, or is about another address, or of another server, is found out', async () => {
  const sent = [...sink.letters].map(({ content }) => parseMessage(Buffer.from(content, 'latin1')))
  const [file] = sent.flatMap((letter) =>
    [...walkParts(letter.root)]
      .filter(({ type, subtype }) => `${type}/${subtype}` === 'application/json')
      .map((part) => partContent(letter, part).bytes.toString()),
  )
  assert.ok(file !== undefined)
  const { keys } = await publicKeys(storage)
  const changed = (change: (receipt: Receipt) => void): string => {
    const receipt = JSON.parse(file) as Receipt
    change(receipt)
    return JSON.stringify(receipt)
  }
  const forgeries: [what: string, file: string, why: string][] = [
    ['another hour', changed(({ statement }) => (statement['erasedAt'] = '2026-01-01T00:00:00.000Z')), 'signature'],
    ['one member more', changed(({ statement }) => (statement['more'] = 1)), 'signature'],
    ['one member less', changed(({ statement }) => delete statement['host']), 'signature'],
    ['another address', changed((receipt) => (receipt.address = 'x@zegel.test')), 'address'],
    ['another salt', changed((receipt) => (receipt.salt = 'AAAA')), 'address'],
    ['another key', changed(({ signature }) => (signature.key = 'nobody')), 'key'],
    ['a signature that is none', changed(({ signature }) => (signature.value = '')), 'signature'],
    ['no receipt', '{}', 'form'],
    ['no JSON', 'receipt', 'form'],
    ['endless', `{"a":"${'x'.repeat(100_000)}"}`, 'form'],
    ['a statement that is a list', changed((receipt) => (receipt.statement = [] as never)), 'form'],
    ['deeply nested', `{"statement":{"x":${'['.repeat(30_000)}${']'.repeat(30_000)}}}`, 'form'],
  ]
  for (const [what, forged, why] of forgeries)
    assert.deepEqual(verifyReceipt(forged, keys), { isValid: false, why }, what)
  const reordered = changed((receipt) => {
    receipt.statement = Object.fromEntries(Object.entries(receipt.statement).toReversed())
  })
  assert.equal(verifyReceipt(reordered, keys).isValid, true, 'the order of members says nothing')
})

interface Receipt {
  statement: Record<string, unknown>
  signature: { key: string; value: string }
  address: string
  salt: string
}

test('an account that was reopened, or closed again, is not erased at the old time', async (t) => {
  t.after(() => shiftClock(0))
  const person = await server.createAccount()
  const account = await storage.openAccount(person.id)
  await close(storage, config, account, { closedBy: 'owner' })
  inDays(200)
  await reopen(storage, config, person.id)
  inDays(396)
  assert.equal(await eraseAccounts(storage), 0)
  await close(storage, config, await storage.openAccount(person.id), { closedBy: 'owner' })
  inDays(396 + 394)
  assert.equal(await eraseAccounts(storage), 0)
  assert.ok(await storage.openAccount(person.id))
})

test('two that erase at once do not get into each other’s way', async (t) => {
  t.after(() => shiftClock(0))
  const person = await server.createAccount()
  for (let count = 0; count < 3; count++) await deliver(t, person.address, `letter ${count}`)
  await close(storage, config, await storage.openAccount(person.id), { closedBy: 'owner' })
  const before = await rowsOf(person.id)
  inDays(396)
  await Promise.all([erase(), erase()])
  await erase()
  assert.deepEqual(await rowsOf(person.id), {})
  const { rows } = await sql<{ counts: object }>`select counts from receipt order by erased_at desc limit 1`
  assert.deepEqual(rows[0]?.counts, before)
})
