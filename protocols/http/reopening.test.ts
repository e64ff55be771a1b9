import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { accountState, findAddressee, findClosure } from '#accounts'
import { agreedVersions, documents, recordConsent } from '#policy'
import { now, shiftClock } from '#system'
import { close } from '#trust/closing'
import { addRecovery, type Person } from '#test/people'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['http'])
const { storage, config } = server
const { sql } = storage.database

const DAY_SECONDS = 86_400

async function closed(forwardDays?: number): Promise<Person> {
  const person = await server.createAccount()
  if (forwardDays !== undefined) await addRecovery(storage, person, 'outside@example.org')
  await close(storage, config, await storage.openAccount(person.id), { closedBy: 'owner', forwardDays })
  return person
}

async function post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const answer = await fetch(`${server.http}${path}`, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: { origin: server.http, ...headers },
    redirect: 'manual',
  })
  return { status: answer.status, headers: answer.headers, html: await answer.text() }
}

test('whoever signs in to a closed account is told until when it can be reopened, and does so with the password', async () => {
  const { id, address, password } = await closed()
  assert.equal(await findAddressee(storage, address), undefined)
  const offered = await post('/en/sign-in', { address, password })
  assert.equal(offered.status, 200)
  assert.match(offered.html, /can be reopened until/)
  assert.equal(offered.headers.get('set-cookie'), null, 'nobody is signed in')
  assert.equal(offered.headers.get('cache-control'), 'no-store')

  const wrong = await post('/en/reopen', { step: 'confirm', address, password: 'wrong' })
  assert.match(wrong.html, /do not match/)
  assert.equal(await accountState(sql, id), 'closed')

  const reopened = await post('/en/reopen', { step: 'confirm', address, password })
  assert.deepEqual([reopened.status, reopened.headers.get('location')], [303, '/app/'])
  const cookie = reopened.headers.get('set-cookie')?.split(';', 1)[0] ?? ''
  assert.equal((await fetch(`${server.http}/.well-known/jmap`, { headers: { cookie } })).status, 200)
  assert.equal(await findAddressee(storage, address), id)
})

test('a wrong password of a closed account looks like any other', async () => {
  const { address } = await closed()
  const answer = await post('/en/sign-in', { address, password: 'wrong' })
  assert.deepEqual([answer.status, answer.headers.get('location')], [303, '/en/sign-in?error=credentials'])
})

test('a program learns nothing of a closed account', async () => {
  const { address, password } = await closed()
  const token = await fetch(`${server.http}/jmap/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ address, password }),
  })
  assert.equal(token.status, 401)
})

test('after its time a closed account says when it is erased, and is not reopened', async (t) => {
  t.after(() => shiftClock(0))
  const { id, address, password } = await closed()
  shiftClock(365.1 * DAY_SECONDS)
  assert.match((await post('/en/sign-in', { address, password })).html, /could be reopened until/)
  assert.match((await post('/en/reopen', { step: 'confirm', address, password })).html, /could be reopened until/)
  assert.equal(await accountState(sql, id), 'closed')
})

test('consent to a version that has changed meanwhile is asked again', async () => {
  const { id, address, password } = await closed()
  await recordConsent(sql, id, { policy: documents.policy.version - 1, terms: documents.terms.version })
  const step = { step: 'confirm', address, password }
  const offered = await post('/en/reopen', { ...step, step: 'credentials' })
  assert.match(offered.html, /name="agreed"/)
  assert.match((await post('/en/reopen', step)).html, /class="err" id="consent-fault"/)
  const versions = { policy: String(documents.policy.version), terms: String(documents.terms.version) }
  assert.equal((await post('/en/reopen', { ...step, ...versions, agreed: 'on' })).status, 303)
  assert.equal((await agreedVersions(sql, id)).policy, documents.policy.version)
})

test('whoever gives the password sees where mail goes on to, and ends it without reopening the account', async () => {
  const { id, address, password } = await closed(30)
  const isForwarded = async (): Promise<boolean> => ((await findClosure(sql, id))?.forwardUntil ?? now()) > now()
  const step = { step: 'confirm', address, password }
  const { html } = await post('/en/reopen', { ...step, step: 'credentials' })
  assert.match(html, /letters go on to o…@example\.org/)
  assert.match(html, /name="stop"/)
  await post('/en/reopen', { ...step, password: 'wrong', stop: 'on' })
  assert.equal(await isForwarded(), true)
  const stopped = await post('/en/reopen', { ...step, stop: 'on' })
  assert.match(stopped.html, /What came meanwhile went on to o…@example\.org until/)
  assert.doesNotMatch(stopped.html, /name="stop"/)
  assert.equal(await isForwarded(), false)
  assert.equal(await accountState(sql, id), 'closed')
})

test('a form from elsewhere reopens nothing', async () => {
  const { id, address, password } = await closed()
  const answer = await post('/en/reopen', { step: 'confirm', address, password }, { origin: 'https://evil.example' })
  assert.equal(answer.status, 403)
  assert.equal(await accountState(sql, id), 'closed')
})

test('the keys by which receipts are verified are public', async () => {
  const answer = await fetch(`${server.http}/.well-known/zegel-receipts.json`)
  const { keys } = (await answer.json()) as { keys: Record<string, string>[] }
  assert.deepEqual(
    keys.map(({ kty, crv }) => [kty, crv]),
    [['OKP', 'Ed25519']],
  )
  assert.equal('d' in (keys[0] ?? {}), false)
})
