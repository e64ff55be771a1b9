import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadCertificate } from '#system'
import { testDatabase } from '#test/database'
import { letter, openMailReader, type MailReader } from '#test/letters'
import { startNameServer } from '#test/name-server'
import { queuedLetters } from '#test/queue'
import { startServer } from '#test/server'

type Json = Record<string, unknown>
const { config } = await testDatabase()
const certificate = await loadCertificate(config)
const folder = mkdtempSync(join(tmpdir(), 'zegel-unsubscribe-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const authority = join(folder, 'authority.pem')
writeFileSync(authority, certificate.cert)

const posted: string[] = []
const list = createServer(certificate, (request, response) => {
  let body = ''
  request.setEncoding('utf8').on('data', (piece: string) => (body += piece))
  request.on('end', () => {
    posted.push(`${request.method} ${request.url} ${body}`)
    if (request.url === '/led-on') response.writeHead(302, { location: '/left' })
    else response.statusCode = request.url === '/broken' ? 500 : 202
    response.end()
  })
})
list.listen(0, '127.0.0.1')
await new Promise((resolve) => list.once('listening', resolve))
after(() => list.close())
const { port } = list.address() as AddressInfo
const names = await startNameServer({ after }, { 'zegel.test': { A: ['127.0.0.1'] } })
const url = (path: string): string => `https://zegel.test:${port}${path}`

const server = await startServer(
  { after },
  { fetch: { allow: [`127.0.0.1:${port}`], authority }, dns: { servers: [names.address] } },
  ['http'],
)

const ONE_CLICK = 'List-Unsubscribe-Post: List-Unsubscribe=One-Click'
const listHeader = (...ways: string[]): string => `List-Unsubscribe: ${ways.map((way) => `<${way}>`).join(', ')}`

async function keywords(reader: MailReader, id: string): Promise<unknown> {
  const { list: found } = await reader.call('Email/get', { ids: [id], properties: ['keywords'] })
  return Object.keys((found as [{ keywords: Json }])[0].keywords)
}

async function queued({ account }: MailReader): Promise<number> {
  const { rows } = await server.storage.database.sql<{ count: number }>`
    select count(*) from queue_letter where account_id = ${account.id}`
  return rows[0]?.count ?? 0
}

test('a list that takes it is left by one post, and the letter is marked (RFC 8058)', async () => {
  const reader = await openMailReader(server)
  const emailId = await reader.file('inbox', {
    headers: [listHeader('mailto:leave@l.example', url('/left?a=1')), ONE_CLICK],
  })
  const { accountId } = reader
  assert.deepEqual(await reader.call('Email/unsubscribe', { emailId }), { accountId, emailId, done: 'posted' })
  assert.deepEqual(posted.splice(0), ['POST /left?a=1 List-Unsubscribe=One-Click'])
  assert.deepEqual(await keywords(reader, emailId), ['$unsubscribed'])
  assert.equal(await queued(reader), 0)
})

test('a list that takes no post, or cannot just now, is left by a letter', async () => {
  const reader = await openMailReader(server)
  for (const headers of [
    [listHeader('mailto:leave@l.example?subject=leave')],
    [listHeader(url('/broken'), 'mailto:leave@l.example'), ONE_CLICK],
    [listHeader(url('/led-on'), 'mailto:leave@l.example'), ONE_CLICK],
    [listHeader('https://10.0.0.1/', 'mailto:leave@l.example'), ONE_CLICK],
  ]) {
    const emailId = await reader.file('inbox', { headers })
    const before = await queued(reader)
    assert.equal((await reader.call('Email/unsubscribe', { emailId }))['done'], 'mailed')
    assert.equal(await queued(reader), before + 1)
    assert.deepEqual(await keywords(reader, emailId), ['$unsubscribed'])
  }
  assert.deepEqual((await reader.call('Correspondent/get'))['list'], [], 'a list is nobody to write to')
  assert.deepEqual(posted.splice(0), [
    'POST /broken List-Unsubscribe=One-Click',
    'POST /led-on List-Unsubscribe=One-Click',
  ])
})

test('where only a page is left, it is told and nothing is done', async () => {
  const reader = await openMailReader(server)
  const emailId = await reader.file('inbox', { headers: [listHeader(url('/page'))] })
  assert.equal((await reader.call('Email/unsubscribe', { emailId }))['url'], url('/page'))
  assert.deepEqual(await keywords(reader, emailId), [])
  assert.deepEqual(posted, [])
})

test('a letter of no list, of somebody else or of nobody is refused', async () => {
  const [reader, other] = [await openMailReader(server), await openMailReader(server)]
  const [plain, theirs] = [
    await reader.file('inbox'),
    await other.file('inbox', { headers: [listHeader(url('/x')), ONE_CLICK] }),
  ]
  for (const emailId of [plain, theirs, 'M0', 'x'])
    assert.equal((await reader.fail('Email/unsubscribe', { emailId }))['type'], 'invalidArguments')
  assert.equal(
    (await reader.fail('Email/unsubscribe', { accountId: other.accountId, emailId: theirs }))['type'],
    'accountNotFound',
  )
  assert.deepEqual(posted, [])
})

test('a list that wrote to a masked address is left under it, and under no other when it is off', async () => {
  const reader = await openMailReader(server)
  const { created } = await reader.call('MaskedAddress/set', { create: { k: { name: 'Shop X' } } })
  const { id, email } = (created as { k: { id: string; email: string } }).k
  const arrives = (): Promise<string> =>
    reader.file('inbox', letter({ to: email, headers: [listHeader('mailto:leave@example.org')] }))
  await reader.call('Email/unsubscribe', { emailId: await arrives() })
  const [sent] = await queuedLetters(server.storage, reader.account.id)
  assert.equal(sent?.mailFrom, email)
  assert.match(sent?.content ?? '', new RegExp(`^From: ${email}\\r$`, 'm'))
  await reader.call('MaskedAddress/set', { update: { [id]: { isOn: false } } })
  const error = await reader.fail('Email/unsubscribe', { emailId: await arrives() })
  assert.equal(error['type'], 'forbidden')
  assert.equal(await queued(reader), 1)
})
