import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { findFolderByRole, readItems } from '#items'
import { createStandardMailboxes, MAIL } from '#mail'
import { fileMessage } from '#mail/inbound'
import { silent } from '#test/cluster'
import { openTestStorage } from '#test/database'
import { letter } from '#test/letters'
import { addPerson } from '#test/people'
import type { OpenAccount } from '#storage'
import { endHolding, findStories, type KeptStory } from './index.ts'

const storage = await openTestStorage({ after })
const receiver = await openTestStorage({ after }, 'zegel_receiver')

/** Has a letter held: a small one, and one whose content is a file. */
async function held(content: Buffer): Promise<{ account: OpenAccount; story: KeptStory }> {
  const { id, address } = await addPerson(storage, {}, createStandardMailboxes)
  const arrive = (): ReturnType<typeof fileMessage> =>
    fileMessage(receiver, silent, {
      mailFrom: 'bea@example.org',
      trace: Buffer.alloc(0),
      content,
      recipients: [{ accountId: id, address }],
      findings: [HOLDS],
    })
  assert.deepEqual(await arrive(), [undefined])
  const account = await storage.openAccount(id)
  const stories = await findStories(account, () => true, 10)
  assert.equal(stories.length, 1)
  return { account, story: stories[0] as KeptStory }
}

const HOLDS = { name: 'dangerousAttachment', values: { name: 'tulips.exe' } } as const

async function messages(account: OpenAccount): Promise<{ folders: readonly number[]; size: number }[]> {
  const { rows } = await account.sql<{ item_id: number }>`
    select item_id from item where account_id = ${account.id}`
  return readItems(
    account,
    MAIL,
    rows.map((row) => row.item_id),
  )
}

const CONTENTS: [what: string, content: Buffer][] = [
  ['a letter', letter()],
  ['a large letter', letter({ text: 'x'.repeat(300_000) })],
]
for (const [what, content] of CONTENTS) {
  test(`${what} that is held is in no folder, and once released in the inbox as it came`, async () => {
    const { account, story } = await held(content)
    assert.deepEqual([story.arrival?.fate, await messages(account)], ['held', []])
    await endHolding(account, story.id, 'released')
    const [message, ...others] = await messages(account)
    assert.deepEqual([message?.folders, others], [[await findFolderByRole(account, MAIL, 'inbox')], []])
    assert.equal(message?.size, content.length)
    const [after] = await findStories(account, () => true, 10)
    assert.equal(after?.arrival?.fate, 'released')
    await assert.rejects(endHolding(account, story.id, 'released'), { reason: 'notFound' })
  })

  test(`${what} that is thrown away can be brought back from Trash`, async () => {
    const { account, story } = await held(content)
    await endHolding(account, story.id, 'discarded')
    const [message] = await messages(account)
    assert.deepEqual(message?.folders, [await findFolderByRole(account, MAIL, 'trash')])
  })
}

test('another letter under the Message-ID of one that is held is held as well: what was taken is not lost', async () => {
  const { id, address } = await addPerson(storage, {}, createStandardMailboxes)
  const account = await storage.openAccount(id)
  for (const text of ['The first.', 'The second, which says more.'])
    assert.deepEqual(
      await fileMessage(receiver, silent, {
        mailFrom: 'bea@example.org',
        trace: Buffer.alloc(0),
        content: letter({ messageId: 'same@example.org', text }),
        recipients: [{ accountId: id, address }],
        findings: [HOLDS],
      }),
      [undefined],
    )
  const stories = await findStories(account, ({ arrival }) => arrival?.fate === 'held', 10)
  assert.equal(stories.length, 2)
  for (const story of stories) await endHolding(account, story.id, 'released')
  assert.equal(new Set((await messages(account)).map(({ size }) => size)).size, 2)
})

test('released by two at once, it is there once', async () => {
  const { account, story } = await held(CONTENTS[0]?.[1] as Buffer)
  const both = await Promise.allSettled([
    endHolding(account, story.id, 'released'),
    endHolding(account, story.id, 'discarded'),
  ])
  assert.equal(both.filter(({ status }) => status === 'fulfilled').length, 1)
  assert.equal((await messages(account)).length, 1)
})
