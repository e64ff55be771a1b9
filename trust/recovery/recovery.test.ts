import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import { asksFactor, beginReset, checkPassword, findSession, openSession, proveReset, writeSettings } from '#accounts'
import { listQueue, showOwnLetter, type ShownLetter } from '#mail/outbound'
import { supportActs } from '#trust/support'
import { nowMs } from '#system'
import { silent } from '#test/cluster'
import { clockAtNoon } from '#test/clock'
import { openJmapClient, type JmapClient } from '#test/jmap'
import { addAppCodes, addAppPassword, addRecovery, appCode, type Person } from '#test/people'
import { startServer } from '#test/server'
import { goOnWithRecoveries } from './index.ts'

type Json = Record<string, unknown>

const DAY = 86_400

const server = await startServer({ after }, {}, ['http'])
const { storage, config } = server

let number = 0
const newNetwork = (): string => `198.51.${++number}.0/24`

interface Guarded extends Person {
  external: string
  secret: string
  client: JmapClient
  session: string
}

/** Somebody with a second factor and an address outside, who is signed in. */
async function guarded(): Promise<Guarded> {
  const person = await server.createAccount()
  const external = `outside-${++number}@example.org`
  await addRecovery(storage, person, external)
  await writeSettings(await storage.openAccount(person.id), { language: 'en' })
  const client = await openJmapClient(server, person)
  const { secret } = await addAppCodes(storage, person)
  const { token: session } = await openSession(storage, { accountId: person.id, kind: 'bearer', hasFactor: true })
  client.headers['authorization'] = `Bearer ${session}`
  return { ...person, external, secret, client, session }
}

const post = (path: string, fields: Record<string, string>): Promise<Response> =>
  fetch(`${server.http}${path}`, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: { origin: server.http },
    redirect: 'manual',
  })

/** The code that went outside, given. */
async function proven(address: string): Promise<string> {
  const { token, letter } = await beginReset(storage, config.signUp, { address, network: newNetwork() })
  const mailed = await letter()
  assert.ok(mailed)
  await proveReset(storage, token, mailed.code)
  return token
}

async function ask({ external, id }: Guarded): Promise<string> {
  const token = await proven(external)
  const answer = await post('/en/reset', { step: 'lost', token, account: String(id) })
  assert.equal(answer.status, 200)
  return answer.text()
}

const fieldOf = ({ fields }: ShownLetter, wanted: string): string =>
  fields.find(({ name }) => name === wanted)?.value ?? ''

/** Letters about somebody's account, by whom they are to and what their subject has. */
async function letters({ address }: Pick<Person, 'address'>, subject: RegExp): Promise<ShownLetter[]> {
  const own = (await listQueue(storage)).filter(({ isOwn }) => isOwn)
  const shown = await Promise.all(own.map(({ id }) => showOwnLetter(storage, id)))
  return shown.filter((one) => one.text.includes(address) && subject.test(fieldOf(one, 'Subject')))
}

const toOf = (found: readonly ShownLetter[]): string[] => found.map((one) => fieldOf(one, 'To')).toSorted()

const ASKS = /asks to get into your account/
const IN = /get into your account again/
const STOPPED = /was stopped/

const linkIn = (letter: ShownLetter | undefined): URL => {
  const found = /https:\/\/\S+\/recovery\?\S+/.exec(letter?.text ?? '')?.[0]
  assert.ok(found, 'a letter has a link')
  return new URL(found)
}

const follow = (link: URL): Promise<Response> => fetch(`${server.http}${link.pathname}${link.search}`)

const waitOf = async ({ client }: Guarded): Promise<Json | undefined> =>
  ((await client.call('RecoveryWait/get', { ids: null }))['list'] as Json[])[0]

/** To noon of the coming day, and a way to let days pass with the rounds of the worker. */
function calendar(t: TestContext): (days: number) => Promise<void> {
  const pass = clockAtNoon(t)
  return async (days) => {
    for (let day = 0; day < days; day++) {
      pass(DAY)
      await goOnWithRecoveries(storage, config)
    }
  }
}

test('who has lost the second factor gets in by the address outside after three days, told everywhere every day', async (t) => {
  const days = calendar(t)
  const person = await guarded()
  const { secret: appPassword } = await addAppPassword(storage, person)
  const both = [person.external, person.address].toSorted()
  assert.match(await ask(person), /Now it takes some time/)
  assert.deepEqual(toOf(await letters(person, ASKS)), both)
  const wait = await waitOf(person)
  assert.deepEqual([wait?.['state'], wait?.['by']], ['waiting', 'person'])
  assert.equal(Date.parse(String(wait?.['readyAt'])) - Date.parse(String(wait?.['begunAt'])), 3 * DAY * 1000)

  await days(2)
  assert.equal((await letters(person, ASKS)).length, 2 * 3, 'once more on each day')
  await goOnWithRecoveries(storage, config)
  assert.equal((await letters(person, ASKS)).length, 2 * 3, 'and no more than once')
  assert.deepEqual(await letters(person, IN), [])
  await days(1)
  const [mailed] = await letters(person, IN)
  assert.deepEqual(toOf(await letters(person, IN)), [person.external], 'what lets in goes outside alone')
  assert.ok(await asksFactor(storage, person.id), 'nothing has changed before the link is used')

  const link = linkIn(mailed)
  const page = await (await follow(link)).text()
  assert.match(page, /name="password"/)
  const token = link.searchParams.get('set') ?? ''
  assert.match(await (await post('/en/recovery', { step: 'set', token, password: 'short' })).text(), /too short/)
  const password = 'eine ganz andere Tinte'
  const done = await post('/en/recovery', { step: 'set', token, password })
  assert.deepEqual([done.status, done.headers.get('location')], [303, '/en/sign-in?done=reset'])
  assert.equal(await asksFactor(storage, person.id), false)
  assert.equal(await findSession(storage, person.session), undefined)
  const network = newNetwork()
  assert.equal((await checkPassword(storage, { address: person.address, password, network })).asksFactor, false)
  await assert.rejects(checkPassword(storage, { ...person, password: appPassword, network }), {
    reason: 'badCredentials',
  })
  assert.deepEqual(toOf(await letters(person, /second factor was removed/)), both)
  assert.match(await (await post('/en/recovery', { step: 'set', token, password })).text(), /no longer good/)
})

const WAYS: [way: string, stop: (person: Guarded) => Promise<unknown>][] = [
  ['one click of who is signed in', ({ client }) => client.call('RecoveryWait/stop')],
  [
    'the link in the letter',
    async (person) => {
      const link = linkIn((await letters(person, ASKS))[0])
      const token = link.searchParams.get('stop') ?? ''
      assert.match(await (await follow(link)).text(), /Stop it/)
      assert.equal((await waitOf(person))?.['state'], 'waiting', 'to open a link does nothing')
      assert.match(await (await post('/en/recovery', { step: 'stop', token })).text(), /It is stopped/)
    },
  ],
  [
    'signing in with password and second factor',
    async ({ address, password, secret }) => {
      const asked = await (await post('/en/sign-in', { address, password })).text()
      const token = /name="token" value="([\w-]+)"/.exec(asked)?.[1] ?? ''
      const signedIn = await post('/en/sign-in/factor', { step: 'code', token, code: appCode(secret, nowMs()) })
      assert.equal(signedIn.headers.get('location'), '/app/')
    },
  ],
]
for (const [way, stop] of WAYS)
  for (const isReady of [false, true])
    test(`${way} stops it ${isReady ? 'when the link is mailed' : 'while it waits'}, and that is told`, async (t) => {
      const days = calendar(t)
      const person = await guarded()
      await ask(person)
      const { client } = person
      const before = (await client.call('RecoveryWait/get', { ids: null }))['state']
      if (isReady) await days(3)
      // The page that stops is tried before: afterwards no link is good.
      if (!isReady || way !== 'the link in the letter') await stop(person)
      else await post('/en/recovery', { step: 'stop', token: linkIn((await letters(person, ASKS))[0]).search.slice(6) })
      assert.equal(await waitOf(person), undefined)
      assert.notEqual((await client.call('RecoveryWait/get', { ids: null }))['state'], before)
      assert.deepEqual(toOf(await letters(person, STOPPED)), [person.external, person.address].toSorted())
      await days(4)
      assert.equal((await letters(person, IN)).length, isReady ? 1 : 0)
      if (isReady) {
        const link = linkIn((await letters(person, IN))[0])
        assert.match(await (await follow(link)).text(), /no longer good/)
      }
      assert.ok(await asksFactor(storage, person.id))
      assert.ok(await findSession(storage, person.session))
    })

test('the link is good for seven days', async (t) => {
  const days = calendar(t)
  const person = await guarded()
  await ask(person)
  await days(3)
  const link = linkIn((await letters(person, IN))[0])
  await days(8)
  assert.match(await (await follow(link)).text(), /no longer good/)
  assert.equal(await waitOf(person), undefined)
})

test('who asks twice waits once, and fills no mailbox', async (t) => {
  calendar(t)
  const person = await guarded()
  await ask(person)
  const begunAt = (await waitOf(person))?.['begunAt']
  await ask(person)
  assert.equal((await waitOf(person))?.['begunAt'], begunAt)
  assert.equal((await letters(person, ASKS)).length, 2)
  for (let i = 0; i < 2; i++) {
    await person.client.call('RecoveryWait/stop')
    await ask(person)
  }
  await person.client.call('RecoveryWait/stop')
  assert.match(await ask(person), /too often today/)
})

test('who has moved the way back in meanwhile is not let out by it', async (t) => {
  const days = calendar(t)
  const person = await guarded()
  await ask(person)
  await days(3)
  const link = linkIn((await letters(person, IN))[0])
  await addRecovery(storage, person, 'another@example.org')
  const token = link.searchParams.get('set') ?? ''
  const answer = await post('/en/recovery', { step: 'set', token, password: 'eine ganz andere Tinte' })
  assert.match(await answer.text(), /no longer good/)
  assert.ok(await asksFactor(storage, person.id))
})

test('an account without a second factor has nothing to wait for', async () => {
  const person = await server.createAccount()
  await addRecovery(storage, person, 'plain@example.org')
  const token = await proven('plain@example.org')
  const page = await (await post('/en/reset', { step: 'lost', token, account: String(person.id) })).text()
  assert.match(page, /asks for no second factor/)
  assert.match(page, /name="password"/)
})

const STRANGERS: [attack: string, fields: (victim: Guarded) => Promise<Record<string, string>>][] = [
  ['without a code', async ({ id }) => ({ step: 'lost', account: String(id) })],
  [
    'with a code that was not given',
    async ({ id, external }) => {
      const { token } = await beginReset(storage, config.signUp, { address: external, network: newNetwork() })
      return { step: 'lost', token, account: String(id) }
    },
  ],
  [
    'with the code of their own address',
    async ({ id }) => {
      const own = await guarded()
      return { step: 'lost', token: await proven(own.external), account: String(id) }
    },
  ],
]
for (const [attack, fields] of STRANGERS)
  test(`a stranger who asks ${attack} begins nothing, and sees the same page for an account that is none`, async () => {
    const victim = await guarded()
    const asked = await post('/en/reset', await fields(victim))
    const nobody = await post('/en/reset', { ...(await fields(victim)), account: '123456789' })
    const bare = async (answer: Response): Promise<string> =>
      (await answer.text()).replace(/(?:data-challenge|value)="[^"]*"/g, '')
    assert.deepEqual([asked.status, await bare(asked)], [nobody.status, await bare(nobody)])
    assert.equal(await waitOf(victim), undefined)
    assert.deepEqual(await letters(victim, ASKS), [])
  })

for (const link of ['?stop=', '?set=', '?stop=AAAA', `?set=${'A'.repeat(43)}`, `?set=${'%00'.repeat(20)}`, ''])
  test(`a link that was never mailed, "${link.slice(0, 12)}", is said to be over`, async () => {
    const answer = await fetch(`${server.http}/en/recovery${link}`)
    assert.equal(answer.status, 200)
    assert.match(await answer.text(), /no longer good/)
  })

test('a link that stops lets nobody in', async (t) => {
  const days = calendar(t)
  const person = await guarded()
  await ask(person)
  const stop = linkIn((await letters(person, ASKS))[0]).searchParams.get('stop') ?? ''
  await days(3)
  const answer = await post('/en/recovery', { step: 'set', token: stop, password: 'eine ganz andere Tinte' })
  assert.match(await answer.text(), /no longer good/)
  assert.ok(await asksFactor(storage, person.id))
})

test('customer service begins it for whoever has written, which the person sees; what lets in goes outside alone', async (t) => {
  const days = calendar(t)
  const person = await guarded()
  const given = { kind: 'access', subject: 'Telefon verloren', text: 'Was nun?' }
  const { created } = await person.client.call('Ticket/set', { create: { t: given } })
  const { number: ticket } = (created as { t: { number: number } }).t
  const begin = supportActs.find(({ name }) => name === 'recovery.begin')
  assert.ok(begin)
  const staff = { id: 3, roles: ['support'] as const }
  const run = async (why: string): Promise<unknown> =>
    begin.run({ storage, config, log: silent, staff }, begin.given.parse({ number: ticket, why }))
  await assert.rejects(run('because'))
  await run('The telephone with the app is lost')
  const wait = await waitOf(person)
  assert.deepEqual([wait?.['state'], wait?.['by']], ['waiting', 'support'])
  const { list } = await person.client.call('AccessEntry/get', { ids: null })
  assert.match(String((list as Json[])[0]?.['reference']), /telephone with the app/)
  await days(3)
  assert.deepEqual(toOf(await letters(person, IN)), [person.external])
})
