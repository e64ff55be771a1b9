import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { openMailReader } from '#test/letters'
import { startServer } from '#test/server'

type Json = Record<string, unknown>

const server = await startServer({ after }, {}, ['http'])
const reader = await openMailReader(server)
const drafts = await reader.mailbox('drafts')

const state = (text: string): Json => ({
  mailboxIds: { [drafts]: true },
  keywords: { $draft: true, $seen: true },
  subject: 'Tulips',
  textBody: [{ partId: 't', type: 'text/plain' }],
  bodyValues: { t: { value: text } },
})

/** Saves as a program does while somebody writes: the new state comes, the one before goes. */
async function save(text: string, before: string[] = [], change: Json = {}): Promise<string> {
  const { created, destroyed } = await reader.call('Email/set', {
    create: { d: { ...state(text), ...change } },
    ...(before.length === 0 ? {} : { destroy: before }),
  })
  assert.deepEqual(destroyed ?? [], before)
  return (created as { d: { id: string } }).d.id
}

/** Ids of messages that are deleted, and whether people can restore them. */
async function deleted(): Promise<Map<string, boolean>> {
  const { rows } = await reader.account.sql<{ item_id: number; is_replaced: boolean }>`
    select item_id, is_replaced from item where account_id = ${reader.account.id} and deleted_at is not null`
  return new Map(rows.map(({ item_id: id, is_replaced: isReplaced }) => [`M${id.toString(36)}`, !isReplaced]))
}

test('of a draft that is saved again and again only the last state is kept', async () => {
  const first = await save('Dear')
  const second = await save('Dear Bea', [first])
  const last = await save('Dear Bea, red ones.', [second])
  assert.deepEqual(
    await deleted(),
    new Map([
      [first, false],
      [second, false],
    ]),
  )
  const { ids } = await reader.call('Email/query', { filter: { inMailbox: drafts } })
  assert.deepEqual(ids, [last])
})

test('what somebody threw away can be restored: a draft alone, and a letter while another is written', async () => {
  const [alone, written] = [await save('a'), await save('b')]
  const arrived = await reader.file('inbox')
  await reader.call('Email/set', { destroy: [alone] })
  const next = await save('c', [arrived])
  const several = [await save('d'), await save('e')]
  await save('f', several)
  await save('g', [written], { keywords: { $seen: true } })
  const kept = await deleted()
  for (const id of [alone, arrived, ...several, written]) assert.equal(kept.get(id), true)
  assert.ok(!kept.has(next))
})
