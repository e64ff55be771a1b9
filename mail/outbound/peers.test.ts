/** Letters that leave through another mail server: Postfix, as the next server and as a smarthost with sign-in. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileMessage, mayForward } from '#mail/inbound'
import { expand } from '#mail/lists'
import { loadCertificate } from '#system'
import { silent } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { startPostfix } from '#test/postfix'
import { startSink } from '#test/sink'
import { startDelivery } from './delivery.ts'
import { enqueue, prepareLetter } from './letter.ts'
import { listQueue, removeLetter } from './list.ts'

const { config } = await testDatabase()
const storage = await openTestStorage({ after })
const certificate = await loadCertificate(config)
const authority = join(config.dataFolder, 'authority.pem')
writeFileSync(authority, certificate.cert)

const content = Buffer.from(
  [
    'From: Anna <anna@zegel.test>',
    'To: rita@example.test',
    'Date: Sat, 3 Jan 2026 10:00:00 +0100',
    'Message-ID: <tulips@zegel.test>',
    'Subject: Tulips',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    'Grüße.',
    '.',
    '..two',
    '',
  ].join('\r\n'),
)

async function send(t: TestContext, settings: Partial<typeof config>, to: string): Promise<void> {
  const delivery = await startDelivery({
    config: { ...config, ...settings },
    storage,
    log: silent,
    file: fileMessage,
    expand,
    mayForward,
    note: () => undefined,
  })
  t.after(() => delivery.stop())
  const letter = await prepareLetter(storage, {
    accountId: 7,
    mailFrom: 'anna@zegel.test',
    recipients: [{ address: to }],
    content,
  })
  await storage.database.transaction((sql) => enqueue(sql, letter))
}

async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await isSo()) return
    await wait(50)
  }
  assert.fail(`not within twenty seconds: ${what}`)
}

test('Postfix takes a letter over TLS and passes it on, byte for byte', async (t) => {
  const sink = await startSink(t)
  const postfix = await startPostfix(t, { relayTo: sink, domain: 'example.test', certificate })
  await send(t, { routes: { 'example.test': `127.0.0.1:${postfix.port}` } }, 'rita@example.test')
  await until('it has passed Postfix', () => sink.count === 1)
  const [letter] = sink.letters
  assert.deepEqual([letter?.from, letter?.to], ['anna@zegel.test', ['rita@example.test']])
  assert.ok(
    Buffer.from(letter?.content ?? '', 'latin1')
      .toString()
      .endsWith(content.toString()),
  )
  assert.match(letter?.content ?? '', /with ESMTPSA? id/)
  assert.match(letter?.content ?? '', /from zegel\.test \(/)
  await until('the queue is empty', async () => (await listQueue(storage)).length === 0)
})

test('what Postfix refuses comes back with its words', async (t) => {
  const sink = await startSink(t)
  const postfix = await startPostfix(t, { relayTo: sink, domain: 'example.test' })
  const route = `127.0.0.1:${postfix.port}`
  // The notification goes by Postfix too, which takes it for this domain.
  const delivery = await startDelivery({
    config: { ...config, routes: { 'example.net': route, 'example.test': route } },
    storage,
    log: silent,
    file: fileMessage,
    expand,
    mayForward,
    note: () => undefined,
  })
  t.after(() => delivery.stop())
  const letter = await prepareLetter(storage, {
    accountId: 7,
    mailFrom: 'rita@example.test',
    recipients: [{ address: 'nobody@example.net' }],
    content,
  })
  await storage.database.transaction((sql) => enqueue(sql, letter))
  await until('the notification has passed Postfix', () => sink.count === 1)
  assert.equal(sink.letters[0]?.from, '')
  assert.match(
    sink.letters[0]?.content ?? '',
    /^Diagnostic-Code: smtp; 550 5\.1\.2 .*this Postfix knows one domain\r$/m,
  )
})

const user = { user: 'zegel', password: 'a secret of two' }

test('a smarthost takes letters for everywhere, after we have signed in over TLS that proves its name', async (t) => {
  const sink = await startSink(t)
  const postfix = await startPostfix(t, { relayTo: sink, domain: 'example.test', certificate, signIn: user })
  const smarthost = { host: '127.0.0.1', port: postfix.port, tls: 'starttls', authority, ...user } as const
  await send(t, { smarthost }, 'rita@example.test')
  await until('it has passed the smarthost', () => sink.count === 1)
  assert.match(sink.letters[0]?.content ?? '', /with ESMTPSA? id/)
})

const refusals: Record<string, Partial<NonNullable<typeof config.smarthost>>> = {
  'does not know our password': { password: 'wrong' },
  'shows a certificate that nobody vouches for': { authority: undefined },
}
for (const [what, change] of Object.entries(refusals))
  test(`a smarthost that ${what} gets nothing, and the letter waits`, async (t) => {
    const sink = await startSink(t)
    const postfix = await startPostfix(t, { relayTo: sink, domain: 'example.test', certificate, signIn: user })
    const smarthost = { host: '127.0.0.1', port: postfix.port, tls: 'starttls', authority, ...user, ...change } as const
    await send(t, { smarthost }, 'rita@example.test')
    await until('the attempt is over', async () =>
      (await listQueue(storage)).some(({ state, attempts }) => state === 'waiting' && attempts === 1),
    )
    assert.equal(sink.count, 0)
    for (const { id } of await listQueue(storage)) await removeLetter(storage, id)
  })
