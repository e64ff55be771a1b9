import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { beginWaitFor, stopWait } from '#accounts'
import { closeTicket, loadOwnTicket, openTicket } from '#trust/tickets'
import { clockAtNoon } from '#test/clock'
import { openTestStorage, testDatabase } from '#test/database'
import { addAppCodes, addPerson, addRecovery } from '#test/people'
import { KEPT_MS, RULES } from './rules.ts'

const DAY_SECONDS = 86_400
const storage = await openTestStorage({ after })
const { config } = await testDatabase()

const round = async (name: string): Promise<number> =>
  RULES.find((rule) => rule.name === name)?.destroy(storage, config) ?? 0

test('a ticket is erased with its texts 90 days after its end, and not while it is open', async (t) => {
  const pass = clockAtNoon(t)
  const { id } = await addPerson(storage)
  const account = await storage.openAccount(id)
  const said = { kind: 'other', subject: 'Frage', text: 'Wie geht das?' } as const
  const [open, closed] = [await openTicket(storage, account, said), await openTicket(storage, account, said)]
  await closeTicket(storage, { accountId: id, number: closed })
  pass(config.tickets.days * DAY_SECONDS - 60)
  assert.equal(await round('tickets'), 0)
  pass(120)
  assert.equal(await round('tickets'), 1)
  await assert.rejects(loadOwnTicket(storage, account, closed), { reason: 'notFound' })
  assert.equal((await loadOwnTicket(storage, account, open)).state, 'open')
  const { rows } = await storage.database.sql<{ texts: number }>`
    select count(*)::int as texts from ticket_text where account_id = ${id}`
  assert.equal(rows[0]?.texts, 1)
})

test('a way back in that is over is forgotten after its time', async (t) => {
  const pass = clockAtNoon(t)
  const person = await addPerson(storage)
  await addRecovery(storage, person, 'outside@example.org')
  await addAppCodes(storage, person)
  const nothing = async () => async (): Promise<void> => undefined
  await beginWaitFor(storage, person.id, { waitDays: 3 }, nothing)
  await stopWait(storage, person.id, nothing)
  assert.equal(await round('recoveryWaits'), 0)
  pass(KEPT_MS.recoveryWait / 1000 + 60)
  assert.equal(await round('recoveryWaits'), 1)
})
