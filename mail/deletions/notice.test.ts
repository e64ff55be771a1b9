import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import { readSettings, writeSettings } from '#accounts'
import { listQueue, showOwnLetter, type ShownLetter } from '#mail/outbound'
import { clockAtNoon } from '#test/clock'
import { letter, openMailReader, type MailReader } from '#test/letters'
import { startServer } from '#test/server'
import { tellOfDeletions } from './index.ts'

const server = await startServer({ after }, {}, ['http'])
const { storage, config } = server
const MINUTE = 60
const HOUR = 3600

/** Somebody who has so many letters; gives their ids. */
async function openWith(many: number): Promise<{ reader: MailReader; ids: string[] }> {
  const reader = await openMailReader(server)
  const ids: string[] = []
  for (let at = 0; at < many; at++) ids.push(await reader.file('inbox', letter()))
  return { reader, ids }
}

async function lettersTo(reader: MailReader): Promise<ShownLetter[]> {
  const name = String(reader.session['username'])
  const queue = await listQueue(storage)
  const all = await Promise.all(queue.map(({ id }) => showOwnLetter(storage, id)))
  return all.filter(({ fields }) => fields.some((field) => field.name === 'To' && field.value.includes(name)))
}

const later = (t: TestContext) => {
  const pass = clockAtNoon(t)
  return async (seconds: number) => {
    pass(seconds)
    return tellOfDeletions(storage, config)
  }
}

test('who loses more than 100 letters and a fifth of all within an hour is told by what, and how they come back', async (t) => {
  const roundAfter = later(t)
  const { reader, ids } = await openWith(130)
  const { account } = reader
  await writeSettings(account, { ...(await readSettings(account)), language: 'de' })
  await reader.call('Email/set', { destroy: ids.slice(0, 60) })
  assert.deepEqual(await roundAfter(20 * MINUTE), { told: 0 })
  await reader.call('Email/set', { destroy: ids.slice(60, 125) })
  assert.deepEqual(await roundAfter(MINUTE), { told: 0 }, 'it may go on')
  assert.deepEqual(await roundAfter(2 * MINUTE), { told: 1 })
  assert.deepEqual(await roundAfter(MINUTE), { told: 0 }, 'once')

  const [told, ...others] = await lettersTo(reader)
  assert.equal(others.length, 0)
  const text = String(told?.text)
  for (const part of ['Wie viel: 125 Briefe', 'Womit: JMAP', `https://${config.hostname}/app/#/deleted`])
    assert.ok(text.includes(part), part)
  const { list } = await reader.call('Deletion/get', { ids: null })
  assert.deepEqual(
    (list as { isAsked: boolean }[]).map(({ isAsked }) => isAsked),
    [true, true],
  )
  const id = (list as { id: string }[])[0]?.id as string
  await reader.call('Deletion/set', { update: { [id]: { isAsked: false } } })
  const { list: confirmed } = await reader.call('Deletion/get', { ids: [id] })
  assert.deepEqual(
    (confirmed as { isAsked: boolean }[]).map(({ isAsked }) => isAsked),
    [false],
  )
})

const QUIET: [what: string, has: number, deletes: number, then?: 'restores'][] = [
  ['a hundred letters', 110, 100],
  ['less than a fifth of all', 640, 110],
  ['what is back already', 130, 120, 'restores'],
]
for (const [what, has, deletes, then] of QUIET)
  test(`nobody is told of ${what}`, async (t) => {
    const roundAfter = later(t)
    const { reader, ids } = await openWith(has)
    await reader.call('Email/set', { destroy: ids.slice(0, deletes) })
    if (then === 'restores')
      await reader.call('DeletedItem/restore', { ids: ids.slice(0, deletes).map((id) => `D${id.slice(1)}`) })
    assert.deepEqual(await roundAfter(5 * MINUTE), { told: 0 })
    assert.deepEqual(await lettersTo(reader), [])
  })

test('a second large deletion on one day is asked about in the app, and not written about again', async (t) => {
  const roundAfter = later(t)
  const { reader, ids } = await openWith(250)
  await reader.call('Email/set', { destroy: ids.slice(0, 110) })
  assert.deepEqual(await roundAfter(5 * MINUTE), { told: 1 })
  await reader.call('Email/set', { destroy: ids.slice(110, 230) })
  assert.deepEqual(await roundAfter(5 * MINUTE), { told: 0 })
  assert.equal((await lettersTo(reader)).length, 1)
  const { list } = await reader.call('Deletion/get', { ids: null })
  assert.ok((list as { isAsked: boolean }[]).every(({ isAsked }) => isAsked))
  assert.equal((list as unknown[]).length, 2)
  assert.deepEqual(await roundAfter(24 * HOUR), { told: 0 })
})
