/** Somebody else's client, on what it does every day. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSession } from '#accounts'
import { openMailReader } from '#test/letters'
import { startServer } from '#test/server'

interface Jam {
  getPrimaryAccount(): Promise<string>
  request(call: [name: string, args: object]): Promise<[data: Record<string, unknown>, meta: object]>
  uploadBlob(accountId: string, body: Blob): Promise<{ blobId: string; size: number }>
}
interface JamPackage {
  default: new (options: { bearerToken: string; sessionUrl: string }) => Jam
}

// Its types are written in a TypeScript that this project does not compile.
const name: string = 'jmap-jam'
const { default: JamClient } = (await import(name)) as JamPackage

test('jmap-jam lists the inbox, reads a letter, answers it with a draft and stars it', async (t) => {
  const server = await startServer(t, {}, ['http'])
  const reader = await openMailReader(server)
  const letter = await reader.file('inbox', { subject: 'Hello', text: 'How are you?' })
  const { token } = await openSession(server.storage, { accountId: reader.account.id, kind: 'bearer' })
  const jam = new JamClient({ bearerToken: token, sessionUrl: `${server.http}/.well-known/jmap` })
  const accountId = await jam.getPrimaryAccount()

  const [{ list: mailboxes }] = await jam.request(['Mailbox/get', { accountId }])
  const idOf = (role: string) => (mailboxes as { id: string; role: string }[]).find((one) => one.role === role)?.id
  const [{ ids }] = await jam.request(['Email/query', { accountId, filter: { inMailbox: idOf('inbox') } }])
  assert.deepEqual(ids, [letter])
  const [{ list }] = await jam.request([
    'Email/get',
    {
      accountId,
      ids,
      properties: ['subject', 'from', 'messageId', 'bodyValues', 'textBody'],
      fetchTextBodyValues: true,
    },
  ])
  const [email] = list as [{ subject: string; messageId: string[]; bodyValues: Record<string, { value: string }> }]
  assert.equal(email.subject, 'Hello')
  assert.equal(Object.values(email.bodyValues)[0]?.value, 'How are you?\n')

  const { blobId, size } = await jam.uploadBlob(accountId, new Blob(['a file'], { type: 'text/plain' }))
  const draft = {
    mailboxIds: { [idOf('drafts') as string]: true },
    keywords: { $draft: true },
    inReplyTo: email.messageId,
    subject: 'Re: Hello',
    textBody: [{ partId: 't', type: 'text/plain' }],
    bodyValues: { t: { value: 'Very well.' } },
    attachments: [{ blobId, type: 'text/plain', name: 'file.txt', disposition: 'attachment' }],
  }
  const update = { [letter]: { 'keywords/$flagged': true } }
  const [{ created, updated }] = await jam.request(['Email/set', { accountId, create: { draft }, update }])
  assert.deepEqual(updated, { [letter]: null })
  const answer = (created as { draft: { id: string } }).draft.id
  const [{ list: both }] = await jam.request([
    'Email/get',
    { accountId, ids: [letter, answer], properties: ['threadId', 'keywords', 'attachments'] },
  ])
  const [first, second] = both as { threadId: string; keywords: object; attachments: { size: number }[] }[]
  assert.equal(first?.threadId, second?.threadId)
  assert.deepEqual(first?.keywords, { $flagged: true })
  assert.equal(second?.attachments[0]?.size, size)
})
