import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import { z } from 'zod'
import { Refusal, shiftClock } from '#system'
import { openDeskDatabase } from '#storage'
import { act, DeskRefusal, openDeskDoor, readHealth, startAnswering, type DeskDoor } from '#trust/desk'
import { changeRoles, endMember, inviteAgain, listMembers } from '#trust/staff'
import { silent } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { appCode } from '#test/people'
import { promised } from '#test/promises'
import { addStaff } from '#test/staff'

const storage = await openTestStorage({ after })
const { config, url } = await testDatabase()
const { sql } = storage.database

const PLACE = { network: '192.0.2.0/24', origin: 'https://localhost:8444' }

const echo = act({
  name: 'test.echo',
  roles: ['support'],
  given: z.object({ text: z.string().max(20) }),
  run: async ({ staff }, { text }) => ({ text, by: staff.id }),
})
const fails = act({
  name: 'test.fails',
  roles: ['support'],
  given: z.object({}),
  run: async () => {
    throw new Error('something secret')
  },
})

const answering = await startAnswering({ storage, config, log: silent, acts: [echo, fails, readHealth] })
after(() => answering.stop())

async function openDoor(t: TestContext): Promise<DeskDoor> {
  const database = await openDeskDatabase(config, silent, url)
  const door = await openDeskDoor(database, silent)
  t.after(async () => {
    await door.close()
    await database.close()
  })
  return door
}

const refuses = (reason: Refusal['reason'], field?: string) => (error: unknown) => {
  assert.ok(error instanceof DeskRefusal)
  assert.deepEqual([error.reason, error.fields[0]], [reason, field])
  return true
}

const eventsOf = async (id: number): Promise<string[]> => {
  const { rows } = await sql<{ kind: string; act: string | null }>`
    select kind, act from staff_event where staff_id = ${id} order by event_id`
  return rows.map(({ kind, act: what }) => (what === null ? kind : `${kind} ${what}`))
}

test('the desk is told what an act gives, and nobody else could read it', async (t) => {
  const door = await openDoor(t)
  const staff = await addStaff(storage, config, { roles: ['support'] })
  const { told, signed } = await door.ask('test.echo', { text: 'hello' }, staff.session)
  assert.deepEqual(told, { text: 'hello', by: staff.id })
  assert.deepEqual(signed, { name: staff.name, roles: ['support'] })
  const { rows } = await sql<{ sealed: Buffer; answer: Buffer }>`
    select sealed, answer from desk_request order by asked_at desc limit 1`
  for (const bytes of [rows[0]?.sealed, rows[0]?.answer])
    for (const secret of ['hello', staff.session, staff.name]) assert.ok(bytes?.includes(secret) === false)
})

test(promised(9), async (t) => {
  const door = await openDoor(t)
  const staff = await addStaff(storage, config, { hasSigned: false })
  const echoed = () => door.ask('test.echo', { text: 'hello' }, staff.session)
  await assert.rejects(echoed(), refuses('forbidden', 'agreement'))

  const sign = (given: object) => door.ask('agreement.sign', given, staff.session)
  const right = { name: staff.name, password: staff.password, version: 1, language: 'de' }
  await assert.rejects(sign({ ...right, password: 'guessed' }), refuses('badCredentials'))
  await assert.rejects(sign({ ...right, name: ' ' }), refuses('invalid', 'name'))
  await assert.rejects(sign({ ...right, version: 2 }), refuses('invalid', 'version'))
  await assert.rejects(echoed(), refuses('forbidden', 'agreement'))
  await sign(right)
  await echoed()

  // Over: nothing opens before it is signed anew.
  const days = config.desk.agreementMonths * 31
  t.after(() => shiftClock(0))
  shiftClock(days * 86_400)
  const { token } = (await door.ask('signIn.password', { login: staff.login, password: staff.password, ...PLACE }))
    .told as { token: string }
  const { session } = (await door.ask('signIn.factor', { token, code: appCode(staff.secret), ...PLACE })).told as {
    session: string
  }
  await assert.rejects(door.ask('test.echo', { text: 'hello' }, session), refuses('forbidden', 'agreement'))
  await door.ask('agreement.sign', right, session)
  await door.ask('test.echo', { text: 'hello' }, session)
  assert.equal((await eventsOf(staff.id)).filter((each) => each === 'agreementMissing test.echo').length, 3)
})

test('an act opens to whoever has one of its roles, and who tries without is recorded', async (t) => {
  const door = await openDoor(t)
  const staff = await addStaff(storage, config, { roles: ['finance'] })
  await assert.rejects(door.ask('test.echo', { text: 'hello' }, staff.session), refuses('forbidden', 'role'))
  assert.ok((await eventsOf(staff.id)).includes('roleMissing test.echo'))
  await changeRoles(storage, staff.login, ['finance', 'support'])
  await door.ask('test.echo', { text: 'hello' }, staff.session)
})

test('who no longer works here is out at once', async (t) => {
  const door = await openDoor(t)
  const staff = await addStaff(storage, config)
  await endMember(storage, staff.login)
  await assert.rejects(door.ask('own.read', {}, staff.session), refuses('badCredentials'))
  const given = { login: staff.login, password: staff.password, ...PLACE }
  await assert.rejects(door.ask('signIn.password', given), refuses('badCredentials'))
  const found = (await listMembers(storage)).find(({ id }) => id === staff.id)
  assert.deepEqual([found?.roles, found?.endedAt === null], [[], false])
})

test('an invitation takes password, second factors and sessions, and is good once', async (t) => {
  const door = await openDoor(t)
  const staff = await addStaff(storage, config)
  const { code } = await inviteAgain(storage, staff.login)
  await assert.rejects(door.ask('own.read', {}, staff.session), refuses('badCredentials'))
  const begin = (password: string, typed = code) =>
    door.ask('enrolment.begin', { login: staff.login, code: typed, password, network: PLACE.network })
  await assert.rejects(begin('a new password', 'guessed'), refuses('badCredentials'))
  await assert.rejects(begin('short'), refuses('invalid', 'password.short'))
  const begun = (await begin('quite another password')).told as { secret: string; token: string }
  const finish = () => door.ask('enrolment.finish', { token: begun.token, code: appCode(begun.secret) })
  await assert.rejects(door.ask('enrolment.finish', { token: begun.token, code: '000000' }), refuses('badCredentials'))
  await finish()
  await assert.rejects(finish())
  await assert.rejects(begin('a third password here'), refuses('badCredentials'))
})

test('the second factor is asked of everybody: a code once, a recovery code once', async (t) => {
  const door = await openDoor(t)
  const staff = await addStaff(storage, config)
  const begin = async (): Promise<string> => {
    const given = { login: staff.login, password: staff.password, ...PLACE }
    return ((await door.ask('signIn.password', given)).told as { token: string }).token
  }
  const pass = (token: string, code: string, network = PLACE.network) =>
    door.ask('signIn.factor', { token, code, ...PLACE, network })
  const token = await begin()
  await assert.rejects(pass(token, appCode(staff.secret), '198.51.100.0/24'), refuses('expired'))
  await pass(token, appCode(staff.secret))
  await assert.rejects(pass(token, appCode(staff.secret)))
  const [code = ''] = staff.recoveryCodes
  await pass(await begin(), code)
  await assert.rejects(pass(await begin(), code), refuses('badCredentials'))
  assert.ok((await eventsOf(staff.id)).includes('codeUsed'))
})

const HOSTILE: [attack: string, act: string, given: object, token: string | undefined, reason: Refusal['reason']][] = [
  ['an act that is none', 'constructor', {}, 'session', 'notFound'],
  ['an act of nobody', 'test.echo', { text: 'x' }, undefined, 'badCredentials'],
  ['a token that is made up', 'test.echo', { text: 'x' }, 'A'.repeat(43), 'badCredentials'],
  ['a token with SQL in it', 'test.echo', { text: 'x' }, "' or true --", 'badCredentials'],
  ['more than the form takes', 'test.echo', { text: 'x'.repeat(21) }, 'session', 'invalid'],
  ['another type than the form takes', 'test.echo', { text: { $ne: '' } }, 'session', 'invalid'],
  ['a fault inside an act', 'test.fails', {}, 'session', 'unavailable'],
  [
    'a login that is nobody’s',
    'signIn.password',
    { login: 'nobody', password: 'x', ...PLACE },
    undefined,
    'badCredentials',
  ],
  [
    'a password of a megabyte',
    'signIn.password',
    { login: 'nobody', password: 'x'.repeat(1e6), ...PLACE },
    undefined,
    'invalid',
  ],
  [
    'a token of a step that is none',
    'signIn.factor',
    { token: 'A'.repeat(100), code: '123456', ...PLACE },
    undefined,
    'expired',
  ],
]
for (const [attack, name, given, token, reason] of HOSTILE)
  test(`the desk is refused: ${attack}`, async (t) => {
    const door = await openDoor(t)
    const staff = await addStaff(storage, config)
    const asked = door.ask(name, given, token === 'session' ? staff.session : token)
    await assert.rejects(asked, (error: unknown) => {
      assert.ok(error instanceof DeskRefusal)
      assert.equal(error.reason, reason)
      assert.doesNotMatch(JSON.stringify({ ...error, message: error.message }), /secret/)
      return true
    })
  })

test('a request that nobody can open is passed over, and the next is answered', async (t) => {
  const door = await openDoor(t)
  const staff = await addStaff(storage, config)
  await sql`insert into desk_request (request_id, sealed) values (gen_random_uuid(), 'no box')`
  await door.ask('test.echo', { text: 'hello' }, staff.session)
})
