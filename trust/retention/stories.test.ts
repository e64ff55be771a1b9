import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createStandardMailboxes } from '#mail'
import { fileMessage, releaseHeld } from '#mail/inbound'
import { findStories } from '#mail/stories'
import { shiftClock } from '#system'
import type { OpenAccount } from '#storage'
import { silent } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { letter } from '#test/letters'
import { addPerson } from '#test/people'
import { RULES } from './rules.ts'

const storage = await openTestStorage({ after })
const { config } = await testDatabase()

async function inDays(days: number): Promise<void> {
  shiftClock(days * 86_400)
  try {
    for (const rule of RULES.filter(({ name }) => name === 'stories')) await rule.destroy(storage, config)
  } finally {
    shiftClock(0)
  }
}

/** Somebody for whom a letter with a large content is held, and one is in the inbox. */
async function withHeld(): Promise<OpenAccount> {
  const { id, address } = await addPerson(storage, {}, createStandardMailboxes)
  for (const findings of [[{ name: 'dangerousAttachment' } as const], []])
    await fileMessage(storage, silent, {
      mailFrom: 'bea@example.org',
      trace: Buffer.alloc(0),
      content: letter({ text: 'x'.repeat(300_000) }),
      recipients: [{ accountId: id, address }],
      findings,
    })
  return storage.openAccount(id)
}

async function left(account: OpenAccount): Promise<{ stories: number; blobs: number; files: number }> {
  const { rows } = await account.sql<{ stories: number; blobs: number }>`
    select (select count(*)::int from story where account_id = ${account.id}) as stories,
      (select count(*)::int from blob where account_id = ${account.id}) as blobs`
  const files = await readdir(join(config.dataFolder, 'blobs', String(account.id)))
  return { ...(rows[0] as { stories: number; blobs: number }), files: files.length }
}

test('what became of a letter is told for 30 days; what was held to the end goes with it, content and all', async () => {
  const account = await withHeld()
  await inDays(29)
  assert.deepEqual(await left(account), { stories: 2, blobs: 2, files: 2 })
  await inDays(31)
  assert.deepEqual(await left(account), { stories: 0, blobs: 1, files: 1 })
})

test('what was released stays when its story goes', async () => {
  const account = await withHeld()
  const [held] = await findStories(account, ({ arrival }) => arrival?.fate === 'held', 1)
  await releaseHeld(storage, account, held?.id as number)
  await inDays(31)
  assert.deepEqual(await left(account), { stories: 0, blobs: 2, files: 2 })
})
