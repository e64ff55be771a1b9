/** Letters of another provider by POP3: Dovecot, and our own server, as they are. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openReach, Refusal } from '#system'
import { testDatabase } from '#test/database'
import { startDovecot } from '#test/dovecot'
import { fileLetter, letter } from '#test/letters'
import { startNameServer } from '#test/name-server'
import { startServer } from '#test/server'
import type { Origin, Way } from './origin.ts'
import { openPop3, type Pop3Session } from './pop3.ts'

const dovecot = await startDovecot({ after })
const names = await startNameServer(
  { after },
  {
    'zegel.test': { A: ['127.0.0.1'] },
    'other.example': { A: ['127.0.0.1'] },
    'inside.example': { A: ['192.168.1.1'] },
  },
)
const { config } = await testDatabase()
const MOST = 1_000_000

const wayTo = (fetch: { allow: string[]; authority?: string }, cleartextOnLoopback = true): Way => ({
  reach: openReach({ ...config, fetch, dns: { servers: [names.address] } }),
  cleartextOnLoopback,
})
const way = wayTo({ allow: dovecot.allow, authority: dovecot.authority })
const { user, password } = dovecot
const clear: Origin = { host: '127.0.0.1', port: dovecot.pop3, security: 'none', user, password }
const sealed: Origin = { ...clear, host: 'zegel.test', port: dovecot.pop3s, security: 'tls' }

async function fetchAll(session: Pop3Session): Promise<Buffer[]> {
  const letters: Buffer[] = []
  for (const { number } of await session.list()) letters.push(await session.letter(number))
  return letters
}

test('letters are listed by a name that lasts, come as they lie there, and go when the session ends', async () => {
  const client = await dovecot.client()
  const contents = [
    letter({ text: '.\n..\n.a line with a dot\n\n.' }),
    letter({ text: `Grüße ${'ä'.repeat(2000)}` }),
    letter({ text: 'x'.repeat(300_000) }),
  ]
  for (const content of contents) await client.append('INBOX', content)

  const first = await openPop3(way, sealed, MOST)
  const listed = await first.list()
  assert.deepEqual(
    listed.map(({ number, size }) => [number, size]),
    contents.map(({ length }, i) => [i + 1, length]),
  )
  for (const [i, { number }] of listed.entries())
    assert.ok((await first.letter(number)).equals(contents[i] ?? assert.fail()))
  await first.remove(2)
  first.close()

  // A line that breaks removes nothing (RFC 1939 §6).
  const second = await openPop3(way, sealed, MOST)
  assert.deepEqual(await second.list(), listed)
  await second.remove(2)
  await second.quit()

  const third = await openPop3(way, sealed, MOST)
  const left = await third.list()
  assert.deepEqual(
    left.map(({ uid }) => uid),
    [listed[0]?.uid, listed[2]?.uid],
  )
  assert.ok(left.every(({ uid }) => uid !== undefined))
  assert.deepEqual(await fetchAll(third), [contents[0], contents[2]])
  await third.quit()
  await client.logout()
})

test('a letter larger than may be is not taken, for good', async () => {
  const session = await openPop3(way, sealed, 250_000)
  const sizes = (await session.list()).map(({ size }) => size)
  assert.ok(sizes.length === 2 && (sizes[1] ?? 0) > 250_000)
  assert.equal((await session.letter(1)).length, sizes[0])
  await assert.rejects(session.letter(2), { name: 'Broken', isFinal: true })
})

test('a letter that is not there is refused, and the session goes on', async () => {
  const session = await openPop3(way, sealed, MOST)
  await assert.rejects(session.letter(99), { name: 'Broken', isFinal: false })
  await assert.rejects(session.remove(99), { name: 'Broken', isFinal: false })
  assert.equal((await session.list()).length, 2)
  await session.quit()
})

const WAYS: [what: string, origin: Partial<Origin>, reason: string | undefined][] = [
  ['TLS from the first byte', { host: 'zegel.test', port: dovecot.pop3s, security: 'tls' }, undefined],
  ['STLS', { host: 'zegel.test', security: 'starttls' }, undefined],
  ['no TLS to this machine, in a trial', {}, undefined],
  ['a certificate of another name', { host: 'other.example', port: dovecot.pop3s, security: 'tls' }, 'certificate'],
  ['the same after STLS', { host: 'other.example', security: 'starttls' }, 'certificate'],
  ['a wrong password', { password: 'wrong' }, 'signIn'],
  ['a wrong password that does not fit into a command', { password: 'w'.repeat(300) }, 'signIn'],
  ['a password with a command behind it', { password: `${password}\r\nDELE 1` }, 'signIn'],
  ['a name that is private', { host: 'inside.example', security: 'tls', port: 995 }, 'host'],
  ['a private address', { host: '10.0.0.1', security: 'tls', port: 995 }, 'host'],
  ['a port of something else', { port: 25 }, 'host'],
  ['a stranger without TLS', { host: '192.0.43.8', port: 110 }, 'clear'],
]
for (const [what, origin, reason] of WAYS)
  test(`the way there: ${what}${reason === undefined ? '' : ' is refused'}`, async () => {
    const opening = openPop3(way, { ...clear, ...origin }, MOST)
    if (reason === undefined) {
      const session = await opening
      assert.equal((await session.list()).length, 2)
      return session.quit()
    }
    await assert.rejects(opening, (error: unknown) => {
      assert.ok(error instanceof Refusal, String(error))
      assert.deepEqual([error.reason, error.fields], ['invalid', [reason]])
      return true
    })
  })

test('nothing is said in clear to this machine either, outside of a trial', async () => {
  await assert.rejects(openPop3(wayTo({ allow: dovecot.allow }, false), clear, MOST), { fields: ['clear'] })
})

test('an authority that nobody vouches for is refused', async () => {
  await assert.rejects(openPop3(wayTo({ allow: dovecot.allow }), sealed, MOST), { fields: ['certificate'] })
})

test('letters come from a server like ours, with addresses in UTF-8 as they are (RFC 6856)', async (t) => {
  const server = await startServer(t, {}, ['pop3'])
  const person = await server.createAccount()
  const content = letter({ from: 'Jörg <jörg@exämple.org>', subject: 'Grüße' })
  await fileLetter(server, person, content)
  const { port } = server.pop3
  const origin: Origin = {
    host: '127.0.0.1',
    port,
    security: 'none',
    user: person.address,
    password: person.password,
  }
  const session = await openPop3(wayTo({ allow: [`127.0.0.1:${port}`] }), origin, MOST)
  assert.deepEqual(await fetchAll(session), [content])
  await session.quit()
})
