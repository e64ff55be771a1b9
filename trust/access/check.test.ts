import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asAdministrator } from '#test/cluster'
import { clockAtNoon } from '#test/clock'
import { openTestStorage, testDatabase, type Undo } from '#test/database'
import { addLinks } from '#test/links'
import { checkChain, publishHead } from './index.ts'

const { config, url } = await testDatabase()
const storage = await openTestStorage({ after })

/** As whoever has the database in hand, beside everything that the program may. */
const tamper = (statement: string): Promise<void> =>
  asAdministrator(url, statement, new URL(url).searchParams.get('db') ?? undefined)

/** Lets the chain be as it was, after the test. */
async function keep(t: Undo): Promise<void> {
  await tamper('create table kept as select * from access_chain')
  t.after(async () => {
    await tamper('truncate access_chain cascade')
    await tamper('insert into access_chain select * from kept')
    await tamper('drop table kept')
    // What was known of the other chain is forgotten.
    await checkChain(storage)
  })
}

const TAMPERINGS: [what: string, change: string][] = [
  ['changed', "update access_chain set digest = sha256('another') where number = $1"],
  ['taken out', 'delete from access_chain where number = $1'],
]

test('200,000 links that came since the last look are computed on from it, and hold with the head of their day', async (t) => {
  const pass = clockAtNoon(t)
  await addLinks(storage.database, 10)
  await publishHead(storage, config)
  assert.deepEqual(await checkChain(storage), { links: 10, brokenAt: null })
  await addLinks(storage.database, 200_000)
  pass(3600)
  assert.deepEqual(await checkChain(storage), { links: 200_010, brokenAt: null })
})

for (const [what, change] of TAMPERINGS) {
  test(`a link before the last head that is ${what} is found within a day, though the last look went past it, and again`, async (t) => {
    const pass = clockAtNoon(t)
    // However long ago the whole was computed last, it is now.
    pass(24 * 3600)
    assert.equal((await checkChain(storage)).brokenAt, null)
    await keep(t)
    await tamper(change.replace('$1', '5'))
    pass(3600)
    assert.equal((await checkChain(storage)).brokenAt, null, 'what is known is not computed in every round')
    pass(23 * 3600)
    assert.equal((await checkChain(storage)).brokenAt, 5)
    assert.equal((await checkChain(storage)).brokenAt, 5)
  })

  for (const [where, number] of [
    ['where the last look ended', 0],
    ['after the last look', 3],
  ] as const)
    test(`a link ${where} that is ${what} is found at once`, async (t) => {
      clockAtNoon(t)
      const { links } = await checkChain(storage)
      await keep(t)
      await addLinks(storage.database, 10)
      await tamper(change.replace('$1', String(links + number)))
      assert.equal((await checkChain(storage)).brokenAt, links + number)
    })
}

test('a chain of which the end was cut off is found at once, whatever came in its place', async (t) => {
  clockAtNoon(t)
  const { links } = await checkChain(storage)
  await keep(t)
  await tamper(`delete from access_chain where number >= ${links - 5}`)
  await addLinks(storage.database, 1)
  assert.equal((await checkChain(storage)).brokenAt, links)
})

test('a head that nobody has a chain for is found at once', async (t) => {
  const pass = clockAtNoon(t)
  await keep(t)
  await checkChain(storage)
  await addLinks(storage.database, 5)
  pass(86_400)
  await publishHead(storage, config)
  const { links } = await checkChain(storage)
  assert.ok(links > 5)
  await tamper(`delete from access_chain where number > ${links - 5}`)
  assert.equal((await checkChain(storage)).brokenAt, links)
})
