import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { findFolderByRole, listFolders, readItems } from '#items'
import { createStandardMailboxes, MAIL, readMessages } from '#mail'
import { activateScript, createScript } from '#mail/scripts'
import { discardHeld, findStories, messagesOfBlobs, type KeptStory } from '#mail/stories'
import { silent } from '#test/cluster'
import { openTestStorage } from '#test/database'
import { letter } from '#test/letters'
import { addPerson } from '#test/people'
import { queuedLetters } from '#test/queue'
import type { OpenAccount } from '#storage'
import { fileMessage, releaseHeld, type Arrival } from './index.ts'

const storage = await openTestStorage({ after })
const receiver = await openTestStorage({ after }, 'zegel_receiver')

/** Has a letter held: a small one, and one whose content is a file. */
async function held(content: Buffer, more: Partial<Arrival> = {}): Promise<{ account: OpenAccount; story: KeptStory }> {
  const { id, address } = await addPerson(storage, {}, createStandardMailboxes)
  const arrive = (): ReturnType<typeof fileMessage> =>
    fileMessage(receiver, silent, {
      mailFrom: 'bea@example.org',
      trace: Buffer.alloc(0),
      content,
      recipients: [{ accountId: id, address }],
      findings: [HOLDS],
      ...more,
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
    await releaseHeld(storage, account, story.id)
    const [message, ...others] = await messages(account)
    assert.deepEqual([message?.folders, others], [[await findFolderByRole(account, MAIL, 'inbox')], []])
    assert.equal(message?.size, content.length)
    const [after] = await findStories(account, () => true, 10)
    assert.equal(after?.arrival?.fate, 'released')
    await assert.rejects(releaseHeld(storage, account, story.id), { reason: 'notFound' })
  })

  test(`${what} that is thrown away can be brought back from Trash`, async () => {
    const { account, story } = await held(content)
    await discardHeld(account, story.id)
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
  for (const story of stories) await releaseHeld(storage, account, story.id)
  assert.equal(new Set((await messages(account)).map(({ size }) => size)).size, 2)
})

test('released by two at once, it is there once', async () => {
  const { account, story } = await held(CONTENTS[0]?.[1] as Buffer)
  const both = await Promise.allSettled([releaseHeld(storage, account, story.id), discardHeld(account, story.id)])
  assert.equal(both.filter(({ status }) => status === 'fulfilled').length, 1)
  assert.equal((await messages(account)).length, 1)
})

async function script(account: OpenAccount, text: string): Promise<void> {
  await activateScript(account, await createScript(account, { name: 'main', text }))
}

/** Where letters lie, with subject and keywords, in no order. */
async function filed(account: OpenAccount): Promise<string[]> {
  const { rows } = await account.sql<{ item_id: number }>`select item_id from item where account_id = ${account.id}`
  const folders = new Map((await listFolders(account, MAIL)).map((folder) => [folder.id, folder]))
  const pathOf = (id: number): string => {
    const { name = '?', parentId = 0, role = null } = folders.get(id) ?? {}
    return role === 'inbox' ? 'INBOX' : parentId === 0 ? name : `${pathOf(parentId)}/${name}`
  }
  const found = await readMessages(
    account,
    rows.map((row) => row.item_id),
    { summaries: true },
  )
  return found
    .map(({ mailboxes, summary, keywords }) =>
      [`${mailboxes.map(pathOf).toSorted().join('+')}:`, summary?.subject, ...[...keywords].toSorted()].join(' '),
    )
    .toSorted()
}

async function blobs({ sql, id }: OpenAccount): Promise<number> {
  const { rows } = await sql<{ blobs: number }>`select count(*)::int as blobs from blob where account_id = ${id}`
  return rows[0]?.blobs ?? 0
}

const FILED: [what: string, script: string, where: string[], fate: string, contents: number][] = [
  ['where it has it', 'require "fileinto"; fileinto "Archive";', ['Archive: Tulips'], 'released', 1],
  [
    'in a folder that is made, with flags',
    'require ["fileinto", "mailbox", "imap4flags"]; fileinto :create :flags "\\\\Seen" "Garden/Bulbs";',
    ['Garden/Bulbs: Tulips $seen'],
    'released',
    1,
  ],
  [
    'in two places, once',
    'require ["fileinto", "copy"]; fileinto :copy "Archive"; keep;',
    ['Archive+INBOX: Tulips'],
    'released',
    1,
  ],
  [
    'in two places, each with flags of its own',
    'require ["fileinto", "copy", "imap4flags"]; fileinto :copy :flags "\\\\Flagged" "Archive"; keep;',
    ['Archive: Tulips $flagged', 'INBOX: Tulips'],
    'released',
    2,
  ],
  [
    'with the header that it writes, and nothing else of it is left',
    'require "editheader"; deleteheader "Subject"; addheader "Subject" "[Garden] Tulips";',
    ['INBOX: [Garden] Tulips'],
    'released',
    1,
  ],
  ['in the inbox when it would discard it', 'discard;', ['INBOX: Tulips'], 'released', 1],
  ['in the inbox when it would refuse it', 'require "reject"; reject "No.";', ['INBOX: Tulips'], 'released', 1],
  ['in the inbox when it cannot go on', 'require "include"; include "none";', ['INBOX: Tulips'], 'released', 1],
  [
    'by who brought it',
    'require ["fileinto", "environment", "envelope"]; if allof (environment "remote-ip" "192.0.2.1", envelope "from" "bea@example.org") { fileinto "Archive"; }',
    ['Archive: Tulips'],
    'released',
    1,
  ],
]
const SMTP = { server: 'mx.example.org', address: '192.0.2.1', isEncrypted: true, reply: '250 OK' }
for (const text of ['Red.', 'x'.repeat(300_000)])
  for (const [where, does, files, fate, contents] of FILED)
    test(`a script files what is released ${where} (${text.length} characters)`, async () => {
      const { account, story } = await held(letter({ subject: 'Tulips', text }), { smtp: SMTP })
      await script(account, does)
      assert.equal(await releaseHeld(storage, account, story.id), fate)
      assert.deepEqual(await filed(account), files)
      assert.equal(await blobs(account), contents)
      const [after] = await findStories(account, () => true, 10)
      const failed = where.includes('cannot') ? ['scriptFailed'] : where.includes('refuse') ? ['scriptRefused'] : []
      assert.deepEqual(
        [after?.arrival?.fate, after?.arrival?.findings.map(({ name }) => name), after?.arrival?.onward],
        [fate, ['dangerousAttachment', ...failed], undefined],
      )
      const shown = await messagesOfBlobs(account, [after?.blob?.id ?? crypto.randomUUID()])
      assert.equal(shown.size, contents === 0 ? 0 : 1)
      assert.deepEqual(await queuedLetters(storage, account.id), [])
      await assert.rejects(releaseHeld(storage, account, story.id), { reason: 'notFound' })
    })

test('a script sends on what is released as it would have gone on at once, and once', async () => {
  const found = { results: `spf=pass smtp.mailfrom=${'x'.repeat(900)}.example`, chain: 'none' }
  const { account, story } = await held(letter({ subject: 'Tulips' }), { found, isTlsRequired: true })
  await script(account, 'require "enotify"; notify "mailto:pager@example.net"; redirect "far@example.net";')
  assert.deepEqual(await queuedLetters(storage, account.id), [])
  const two = await Promise.allSettled([
    releaseHeld(storage, account, story.id),
    releaseHeld(storage, account, story.id),
  ])
  assert.deepEqual(two.map((one) => (one.status === 'fulfilled' ? one.value : 'refused')).toSorted(), [
    'passedOn',
    'refused',
  ])
  const sent = await queuedLetters(storage, account.id)
  assert.deepEqual(sent.map(({ recipients }) => recipients[0]?.address).toSorted(), [
    'far@example.net',
    'pager@example.net',
  ])
  const onward = sent.find(({ recipients }) => recipients[0]?.address === 'far@example.net')
  assert.deepEqual([onward?.care, onward?.found], ['proven', found])
  assert.deepEqual([await filed(account), await blobs(account)], [[], 0])
})

test('nothing goes on for an account that is suspended: what is released is kept', async () => {
  const { account, story } = await held(letter({ subject: 'Tulips' }))
  await script(account, 'redirect "far@example.net";')
  await storage.database.sql`update account set state = 'suspended' where account_id = ${account.id}`
  assert.equal(await releaseHeld(storage, account, story.id), 'released')
  assert.deepEqual(await filed(account), ['INBOX: Tulips'])
  assert.deepEqual(await queuedLetters(storage, account.id), [])
})

test('a script that was taken out of force files nothing', async () => {
  const { account, story } = await held(letter({ subject: 'Tulips' }))
  await script(account, 'discard;')
  const other = await held(letter({ subject: 'Roses' }))
  await activateScript(account, undefined)
  assert.equal(await releaseHeld(storage, account, story.id), 'released')
  assert.equal(await releaseHeld(storage, other.account, other.story.id), 'released')
  assert.deepEqual(await filed(account), ['INBOX: Tulips'])
})
