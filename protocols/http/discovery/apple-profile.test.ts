/** The profile for devices by Apple: who gets one, whose it is, and what another reader of property lists finds in it. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openSession } from '#accounts'
import { basicAuth } from '#test/jmap'
import { opensslVerify } from '#test/openssl'
import { addAppPassword, type Person } from '#test/people'
import { startServer } from '#test/server'

const server = await startServer({ after }, { submission: { port: 587, tlsPort: 465 } }, ['http'])
const PATH = '/setup/apple.mobileconfig'
const lena = await server.createAccount('lena')

const cookieOf = async ({ id }: Person): Promise<string> =>
  `__Host-zegel=${(await openSession(server.storage, { accountId: id, kind: 'cookie' })).token}`

const ask = (headers: Record<string, string> = {}): Promise<Response> =>
  fetch(server.http + PATH, { headers, redirect: 'manual' })

async function profileOf(person: Person): Promise<Buffer> {
  return Buffer.from(await (await ask({ cookie: await cookieOf(person) })).arrayBuffer())
}

/** What is shown to whoever connects, and nobody else has signed. */
const certificate = readFileSync(join(server.config.dataFolder, 'tls/self-made.crt'), 'utf8')

interface Profile extends Record<string, unknown> {
  PayloadContent: Record<string, unknown>[]
}

function read(signed: Buffer): Profile {
  const [text] = opensslVerify(signed, certificate)
  assert.ok(text, 'it is not signed by the server')
  const program = 'import json, plistlib, sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))'
  const { stdout, stderr } = spawnSync('python3', ['-c', program], { input: text, encoding: 'utf8' })
  assert.equal(stderr, '')
  return JSON.parse(stdout) as Profile
}

test('openssl finds that the server has signed it, and it has the address, the servers and no password', async () => {
  const answer = await ask({ cookie: await cookieOf(lena) })
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-type'), 'application/x-apple-aspen-config')
  assert.equal(answer.headers.get('content-disposition'), 'attachment; filename="zegel.test.mobileconfig"')
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  const { PayloadContent, ...profile } = read(Buffer.from(await answer.arrayBuffer()))
  const { PayloadUUID, PayloadIdentifier, ...rest } = profile
  assert.match(String(PayloadUUID), /^[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/)
  assert.match(String(PayloadIdentifier), /^test\.zegel\.[0-9a-f]{8}$/)
  assert.deepEqual(rest, {
    PayloadType: 'Configuration',
    PayloadVersion: 1,
    PayloadDisplayName: 'lena@zegel.test',
    PayloadOrganization: 'zegel.test',
  })
  assert.equal(PayloadContent.length, 1)
  const { PayloadUUID: inner, ...mail } = PayloadContent[0] ?? {}
  assert.notEqual(inner, PayloadUUID)
  assert.deepEqual(mail, {
    PayloadType: 'com.apple.mail.managed',
    PayloadVersion: 1,
    PayloadIdentifier: `${String(PayloadIdentifier)}.mail`,
    PayloadDisplayName: 'lena@zegel.test',
    EmailAccountType: 'EmailTypeIMAP',
    EmailAccountDescription: 'lena@zegel.test',
    EmailAddress: 'lena@zegel.test',
    IncomingMailServerAuthentication: 'EmailAuthPassword',
    IncomingMailServerHostName: 'zegel.test',
    IncomingMailServerPortNumber: server.config.imap.tlsPort,
    IncomingMailServerUseSSL: true,
    IncomingMailServerUsername: 'lena@zegel.test',
    OutgoingMailServerAuthentication: 'EmailAuthPassword',
    OutgoingMailServerHostName: 'zegel.test',
    OutgoingMailServerPortNumber: 465,
    OutgoingMailServerUseSSL: true,
    OutgoingMailServerUsername: 'lena@zegel.test',
    OutgoingPasswordSameAsIncomingPassword: true,
  })
})

test('one of the same address takes the place of the one before, and that of another address does not', async () => {
  const other = await server.createAccount('jan')
  const [first, again, another] = await Promise.all([lena, lena, other].map(async (one) => read(await profileOf(one))))
  assert.deepEqual(first, again)
  assert.notEqual(first?.['PayloadIdentifier'], another?.['PayloadIdentifier'])
  assert.notEqual(first?.['PayloadUUID'], another?.['PayloadUUID'])
})

test('an address with markup in it is text', async () => {
  const person = await server.createAccount(`o'neil&co`)
  assert.equal(read(await profileOf(person)).PayloadContent[0]?.['EmailAddress'], `o'neil&co@zegel.test`)
})

test('whoever is not signed in is shown the way, and is told of no address', async () => {
  const { secret } = await addAppPassword(server.storage, lena)
  for (const headers of [
    {},
    { cookie: `__Host-zegel=${'A'.repeat(43)}` },
    { cookie: '__Host-zegel=' },
    // A program has its settings already.
    { authorization: basicAuth({ address: lena.address, password: secret }) },
  ]) {
    const answer = await ask(headers as Record<string, string>)
    assert.deepEqual([answer.status, answer.headers.get('location')], [303, '/app/#/settings/programs'])
    assert.equal(await answer.text(), '')
  }
})
