import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import { clockAtNoon } from '#test/clock'
import { openTestStorage } from '#test/database'
import { addAppPassword, addPerson, type Person } from '#test/people'
import {
  changePassword,
  doorIsOpen,
  endSession,
  findSession,
  letProgramsIn,
  onDoorClosed,
  openSession,
  revokeAppPassword,
  signInClient,
  signInToken,
  tellEveryClosed,
  type ClientSignedIn,
} from '../index.ts'

const storage = await openTestStorage({ after })
/** Another process's view of the same database. */
const elsewhere = await openTestStorage({ after })

const network = '192.0.2.0/24'

/** A person who has come in by each kind of door. */
async function inside(): Promise<{
  person: Person
  by: Record<'password' | 'appPassword' | 'session', ClientSignedIn>
}> {
  const person = await addPerson(storage)
  const { address, password } = person
  const { secret } = await addAppPassword(storage, person)
  const { token } = await openSession(storage, { accountId: person.id, kind: 'bearer' })
  const come = { address, network, scope: 'mail' } as const
  const by = {
    password: await signInClient(storage, { ...come, password }),
    appPassword: await signInClient(storage, { ...come, password: secret }),
    session: await signInToken(storage, token, 'mail'),
  }
  return { person, by }
}

type Inside = Awaited<ReturnType<typeof inside>>

/** Who is told, in the process that has done it and in another. */
function listen(t: TestContext, { by }: Inside) {
  const told = { here: new Set<string>(), there: new Set<string>() }
  const all = Promise.withResolvers<void>()
  for (const [name, signedIn] of Object.entries(by))
    for (const [where, view] of [
      ['here', storage],
      ['there', elsewhere],
    ] as const) {
      const hear = (): void => {
        told[where].add(name)
        if (where === 'there') all.resolve()
      }
      t.after(onDoorClosed(view, signedIn, hear))
    }
  return { told, heardThere: all.promise }
}

const closings: [what: string, close: (inside: Inside) => Promise<unknown>, closed: string[]][] = [
  [
    'an app password is revoked',
    ({ by: { appPassword } }) =>
      revokeAppPassword(storage, appPassword.accountId, (appPassword.door as { id: number }).id),
    ['appPassword'],
  ],
  [
    'a session ends',
    ({ by: { session } }) => endSession(storage, session.accountId, (session.door as { id: string }).id),
    ['session'],
  ],
  [
    'the main password is forbidden to programs',
    ({ person }) => letProgramsIn(storage, person.id, false),
    ['password'],
  ],
  [
    'the owner changes the password',
    ({ person }) => changePassword(storage, person.id, 'quite another one', { byOwner: { keptSession: undefined } }),
    ['password', 'session'],
  ],
  [
    'the password is reset',
    ({ person }) => changePassword(storage, person.id, 'quite another one'),
    ['appPassword', 'password', 'session'],
  ],
  [
    'the account is closed',
    async ({ person }) => {
      await storage.database.sql`update account set state = 'closed' where account_id = ${person.id}`
      tellEveryClosed(storage, person.id)
    },
    ['appPassword', 'password', 'session'],
  ],
]
for (const [what, close, closed] of closings)
  test(`when ${what}, whoever came in so is out at once, in every process, and nobody else`, async (t) => {
    const me = await inside()
    const other = await inside()
    const { told, heardThere } = listen(t, me)
    const { told: toldOther } = listen(t, other)
    await close(me)
    assert.deepEqual([...told.here].toSorted(), closed)
    await heardThere
    assert.deepEqual([...told.there].toSorted(), closed)
    for (const [name, { accountId, door }] of Object.entries(me.by))
      for (const view of [storage, elsewhere])
        assert.equal(await doorIsOpen(view, accountId, door), !closed.includes(name), name)
    for (const { accountId, door } of Object.values(other.by))
      assert.equal(await doorIsOpen(storage, accountId, door), true)
    assert.equal(toldOther.here.size + toldOther.there.size, 0)
  })

test('a door that opened after the change is not the one that has closed', async (t) => {
  const person = await addPerson(storage)
  await changePassword(storage, person.id, 'quite another one')
  const signedIn = await signInClient(storage, {
    address: person.address,
    password: 'quite another one',
    network,
    scope: 'mail',
  })
  let told = 0
  t.after(onDoorClosed(storage, signedIn, () => told++))
  await letProgramsIn(storage, person.id, true)
  assert.equal(told, 0)
  assert.equal(await doorIsOpen(storage, person.id, signedIn.door), true)
})

test('nobody is told any more who has gone', async () => {
  const { person, by } = await inside()
  let told = 0
  const stop = onDoorClosed(storage, by.appPassword, () => told++)
  stop()
  await changePassword(storage, person.id, 'quite another one')
  assert.equal(told, 0)
})

test('a session that ended by itself is noticed by asking', async (t) => {
  const pass = clockAtNoon(t)
  const { by } = await inside()
  const { accountId, door } = by.session
  pass(91 * 86_400)
  assert.equal(await doorIsOpen(storage, accountId, door), false)
})

test("no account has another one's doors", async () => {
  const [mine, theirs] = [await inside(), await inside()]
  for (const { door } of [theirs.by.appPassword, theirs.by.session])
    assert.equal(await doorIsOpen(storage, mine.person.id, door), false)
})

test('a cookie is no token for a program, however it is sent', async () => {
  const person = await addPerson(storage)
  const { token } = await openSession(storage, { accountId: person.id, kind: 'cookie' })
  assert.ok(await findSession(storage, token))
  await assert.rejects(signInToken(storage, token, 'mail'), { reason: 'badCredentials' })
  await assert.rejects(signInToken(storage, 'x'.repeat(1 << 20), 'mail'), { reason: 'badCredentials' })
})
