import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import { addressesOf } from '#accounts'
import { checkSubmission, submit } from '#mail/submission'
import { Refusal, type Config } from '#system'
import type { OpenAccount } from '#storage'
import { clockAtNoon } from '#test/clock'
import { openTestStorage, testDatabase } from '#test/database'
import { openTestInspection } from '#test/inspection'
import { addPerson } from '#test/people'
import { countByScript, countFailures, type SentByScript } from './index.ts'

const storage = await openTestStorage({ after })
const receiver = await openTestStorage({ after }, 'zegel_receiver')
const { config } = await testDatabase()
const tools = { storage, ...openTestInspection({ after }, config) }

const DAY_SECONDS = 86_400

interface Sender {
  account: OpenAccount
  /** Sends a letter; what it was refused for, or undefined. */
  send(recipients: readonly string[]): Promise<Refusal | undefined>
}

async function sender(beginsSmall: boolean, limits: Partial<Config['sending']>): Promise<Sender> {
  const { id } = await addPerson(storage, { beginsSmall })
  const account = await storage.openAccount(id)
  const [mailFrom = ''] = await addressesOf(storage, id)
  const content = Buffer.from(`From: ${mailFrom}\r\nTo: bea@example.org\r\n\r\nText\r\n`)
  const settings = { ...config, sending: { ...config.sending, ...limits } }
  return {
    account,
    async send(addresses) {
      const recipients = addresses.map((address) => ({ address }))
      try {
        const checked = await checkSubmission({ ...tools, config: settings }, account, {
          mailFrom,
          recipients,
          content,
        })
        await account.write((tx) => submit(tx, checked))
        return undefined
      } catch (error) {
        if (error instanceof Refusal) return error
        throw error
      }
    },
  }
}

let count = 0
/** People to whom nobody has written. */
const strangers = (many: number): string[] => Array.from({ length: many }, () => `stranger-${++count}@example.org`)

/** How many letters to one known person may leave in an hour. */
async function lettersIn({ send }: Sender, most: number): Promise<number> {
  for (let sent = 0; sent <= most; sent++) if ((await send(['bea@example.org'])) !== undefined) return sent
  return most + 1
}

test('what a stranger opened sends a tenth in its first week, half in its first month, and then all', async (t) => {
  const pass = clockAtNoon(t)
  const small = await sender(true, { maxLettersPerHour: 60 })
  const sent = [await lettersIn(small, 60)]
  for (const seconds of [6.9 * DAY_SECONDS, 0.2 * DAY_SECONDS, 22.8 * DAY_SECONDS, 0.2 * DAY_SECONDS]) {
    pass(seconds)
    sent.push(await lettersIn(small, 60))
  }
  assert.deepEqual(sent, [6, 6, 30, 30, 60])
})

test('what the operator made sends all at once, and so does what the operator vouches for', async () => {
  assert.equal(await lettersIn(await sender(false, { maxLettersPerHour: 20 }), 20), 20)
  const small = await sender(true, { maxLettersPerHour: 20 })
  assert.equal(await lettersIn(small, 20), 5)
  await storage.database.sql`update account set begins_small = false where account_id = ${small.account.id}`
  assert.equal(await lettersIn(small, 20), 15)
})

test('a letter to more than may be written to in a day is refused for its recipients, not to be tried again', async () => {
  const small = await sender(true, { maxRecipientsPerDay: 100 })
  assert.equal((await small.send(strangers(11)))?.reason, 'tooManyRecipients')
  assert.equal(await small.send(strangers(10)), undefined)
})

/** What reaches which limit, and after how long it is over at the latest. */
const limits: [
  name: string,
  limits: Partial<Config['sending']>,
  reach: (sender: Sender) => Promise<unknown>,
  next: () => string[],
  seconds: number,
][] = [
  ['letters', { maxLettersPerHour: 1 }, ({ send }) => send(['bea@example.org']), () => ['bea@example.org'], 3600],
  ['recipients', { maxRecipientsPerDay: 4 }, ({ send }) => send(strangers(3)), () => strangers(2), DAY_SECONDS],
  ['strangers', { maxNewRecipientsPerDay: 4 }, ({ send }) => send(strangers(4)), () => strangers(1), DAY_SECONDS],
  [
    'bounces',
    { maxBouncesPerDay: 3 },
    ({ account }) => countFailures(storage.database.sql, account.id, 3),
    () => ['bea@example.org'],
    DAY_SECONDS,
  ],
]
for (const [name, settings, reach, next, seconds] of limits)
  test(`whoever reached the limit of ${name} is told which, and may go on after the time they are told`, async (t: TestContext) => {
    const pass = clockAtNoon(t)
    const one = await sender(false, settings)
    await reach(one)
    const refused = await one.send(next())
    assert.deepEqual([refused?.reason, refused?.fields], ['tooManyAttempts', [name]])
    const wait = refused?.retryAfterSeconds ?? 0
    assert.ok(wait > 0 && wait <= seconds, String(wait))
    pass(wait)
    assert.equal(await one.send(next()), undefined)
  })

test('people one has written to are no strangers: they are written to when no new ones may be', async () => {
  const { send } = await sender(false, { maxNewRecipientsPerDay: 3 })
  const known = strangers(3)
  assert.equal(await send(known), undefined)
  assert.deepEqual((await send(strangers(1)))?.fields, ['strangers'])
  assert.equal(await send(known.map((address) => address.toUpperCase())), undefined)
})

const BY_SCRIPT: [what: SentByScript, most: number][] = [
  ['redirects', 200],
  ['notifications', 60],
]
for (const [what, most] of BY_SCRIPT)
  test(`a script’s ${what} of an hour are counted for all processes together, and for nothing else`, async (t) => {
    const pass = clockAtNoon(t)
    const { account, send } = await sender(false, { maxLettersPerHour: 1, maxRecipientsPerDay: 1 })
    const inAnother = await receiver.openAccount(account.id)
    const asked = Array.from({ length: most + 20 }, (_, i) => countByScript(i % 2 === 0 ? account : inAnother, what))
    assert.equal((await Promise.all(asked)).filter((may) => may).length, most)
    for (const [other] of BY_SCRIPT) assert.equal(await countByScript(inAnother, other), other !== what)
    assert.equal(await send(['bea@example.org']), undefined)
    pass(3600)
    assert.equal(await countByScript(inAnother, what), true)
  })
