/** What people are told of letters that came, were refused, or were sent. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { activateScript, createScript, updateScript } from '#mail/scripts'
import { openJmapClient, type JmapClient } from '#test/jmap'
import { startServer } from '#test/server'
import { dialSmtp } from '#test/smtp'
import type { Person } from '#test/people'

const server = await startServer({ after }, { smtp: { maxMessageMegabytes: 1 } }, ['smtp', 'http', 'queue'])

interface Shown {
  id: string
  way: string
  fate: string
  from: { name: string | null; email: string } | null
  to: string[]
  subject: string | null
  messageId: string | null
  emailId: string | null
  mailFrom: string | null
  findings: { name: string }[]
  smtp: { server: string; address: string; isEncrypted: boolean; reply: string } | null
  recipients: { address: string; delivered: string; reply: string }[] | null
}

interface Reader {
  person: Person
  jmap: JmapClient
}

async function reader(): Promise<Reader> {
  const person = await server.createAccount()
  return { person, jmap: await openJmapClient(server, person) }
}

async function stories({ jmap }: Reader, filter: Record<string, unknown> | null = null): Promise<Shown[]> {
  const { ids } = await jmap.call('Story/query', { filter })
  const { list } = await jmap.call('Story/get', { ids })
  const byId = new Map((list as Shown[]).map((story) => [story.id, story]))
  return (ids as string[]).map((id) => byId.get(id) as Shown)
}

interface Letter {
  mailFrom?: string
  fields?: string
  body?: string
}

/** @returns what the server said to it in the end */
async function arrive(
  t: { after(undo: () => void): void },
  to: readonly Reader[],
  letter: Letter = {},
): Promise<string> {
  const { mailFrom = 'bea@example.org', fields = 'Message-ID: <tulips@example.org>\r\n', body = 'Red ones.' } = letter
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say(`MAIL FROM:<${mailFrom}>`)
  for (const { person } of to) await smtp.say(`RCPT TO:<${person.address}>`)
  await smtp.say('DATA')
  return smtp.say(`From: Bea Blum <${mailFrom}>\r\n${fields}Subject: Tulips\r\n\r\n${body}\r\n.`)
}

test('a letter that came: who brought it, what they were answered, and where it is', async (t) => {
  const anna = await reader()
  const reply = await arrive(t, [anna])
  const [story, ...others] = await stories(anna)
  assert.deepEqual(others, [])
  const { ids } = await anna.jmap.call('Email/query', {})
  assert.deepEqual(
    [
      story?.way,
      story?.fate,
      story?.from,
      story?.to,
      story?.subject,
      story?.messageId,
      story?.emailId,
      story?.mailFrom,
    ],
    [
      'in',
      'inbox',
      { name: 'Bea Blum', email: 'bea@example.org' },
      [anna.person.address],
      'Tulips',
      'tulips@example.org',
      (ids as string[])[0],
      'bea@example.org',
    ],
  )
  assert.deepEqual([story?.smtp?.address, story?.smtp?.isEncrypted], ['127.0.0.1', false])
  assert.equal(story?.smtp?.reply, reply.replace(/^250 \S+ /, '250 '))
})

test('a letter that was refused is told of, and nothing else of it is kept', async (t) => {
  const anna = await reader()
  await anna.jmap.call('BlockedSender/set', { create: { b: { address: 'bea@example.org' } } })
  assert.match(await arrive(t, [anna]), /^550 .*takes no messages from this sender/)
  const [story] = await stories(anna)
  assert.deepEqual([story?.fate, story?.subject, story?.emailId], ['refused', 'Tulips', null])
  assert.equal(story?.findings[0]?.name, 'senderBlocked')
  assert.match(story?.smtp?.reply ?? '', /^550 /)
  const { rows } = await server.storage.database.sql<{ count: number }>`
    select count(*)::int as count from blob where account_id = ${anna.person.id}`
  assert.equal(rows[0]?.count, 0)
})

test('attempts at one letter are one story: the last', async (t) => {
  const anna = await reader()
  const { created } = await anna.jmap.call('BlockedSender/set', { create: { b: { address: '@example.org' } } })
  for (let i = 0; i < 3; i++) assert.match(await arrive(t, [anna]), /^550/)
  assert.deepEqual(
    (await stories(anna)).map(({ fate }) => fate),
    ['refused'],
  )
  await anna.jmap.call('BlockedSender/set', { destroy: [(created as { b: { id: string } }).b.id] })
  assert.match(await arrive(t, [anna]), /^250/)
  assert.deepEqual(
    (await stories(anna)).map(({ fate }) => fate),
    ['inbox'],
  )
})

test('a letter that is too large is told of though its header was not kept', async (t) => {
  const anna = await reader()
  assert.match(await arrive(t, [anna], { body: `${'x'.repeat(998)}\r\n`.repeat(3000) }), /^552/)
  const [story] = await stories(anna)
  assert.deepEqual(
    [story?.fate, story?.from, story?.subject, story?.mailFrom],
    ['refused', null, null, 'bea@example.org'],
  )
})

test('each hears of their own copy alone', async (t) => {
  const [anna, carl] = [await reader(), await reader()]
  await arrive(t, [anna, carl])
  assert.deepEqual(
    (await stories(anna)).map(({ to }) => to),
    [[anna.person.address]],
  )
  assert.deepEqual(
    (await stories(carl)).map(({ to }) => to),
    [[carl.person.address]],
  )
})

test('stories are found by words, by way and by fate', async (t) => {
  const anna = await reader()
  await arrive(t, [anna])
  await arrive(t, [anna], { mailFrom: 'carl@example.net', fields: '' })
  const named = async (filter: Record<string, unknown>): Promise<(string | undefined)[]> =>
    (await stories(anna, filter)).map(({ from }) => from?.email)
  assert.deepEqual(await named({}), ['carl@example.net', 'bea@example.org'])
  assert.deepEqual(await named({ text: 'TULIPS bea@' }), ['bea@example.org'])
  assert.deepEqual(await named({ text: 'roses' }), [])
  assert.deepEqual(await named({ way: 'out' }), [])
  assert.deepEqual(await named({ fates: ['inbox'] }), ['carl@example.net', 'bea@example.org'])
  assert.deepEqual(await named({ fates: ['junk'] }), [])
})

test('a letter that was sent: how it stands with each recipient, in the words of whoever answered', async () => {
  const [anna, carl] = [await reader(), await reader()]
  const { address } = anna.person
  await carl.jmap.call('BlockedSender/set', { create: { b: { address } } })
  const { list: identities } = await anna.jmap.call('Identity/get', { ids: null })
  const { list: mailboxes } = await anna.jmap.call('Mailbox/get', { ids: null })
  const drafts = (mailboxes as { id: string; role: string }[]).find(({ role }) => role === 'drafts')?.id as string
  const { created } = await anna.jmap.call('Email/set', {
    create: {
      e: {
        mailboxIds: { [drafts]: true },
        from: [{ email: address }],
        to: [{ email: carl.person.address }, { email: address }],
        subject: 'Roses',
        bodyValues: { 1: { value: 'Red ones.' } },
        textBody: [{ partId: '1', type: 'text/plain' }],
      },
    },
  })
  await anna.jmap.call('EmailSubmission/set', {
    create: {
      s: {
        emailId: (created as { e: { id: string } }).e.id,
        identityId: (identities as { id: string }[])[0]?.id,
      },
    },
  })
  const sent = async (): Promise<Shown | undefined> => (await stories(anna, { way: 'out' }))[0]
  for (let tries = 0; tries < 200 && (await sent())?.fate === 'queued'; tries++)
    await new Promise((resolve) => setTimeout(resolve, 25))
  const story = await sent()
  assert.deepEqual([story?.fate, story?.subject, story?.from?.email], ['partly', 'Roses', address])
  const states = new Map(story?.recipients?.map((one) => [one.address, one]))
  assert.deepEqual([states.get(address)?.delivered, states.get(carl.person.address)?.delivered], ['yes', 'no'])
  assert.match(states.get(carl.person.address)?.reply ?? '', /^550 5\.7\.1 /)
})

test('what is not held is neither released nor thrown away, and nothing else of a story can be set', async (t) => {
  const anna = await reader()
  await arrive(t, [anna])
  const [story] = await stories(anna)
  const id = story?.id as string
  const patches: [patch: Record<string, unknown>, type: string][] = [
    [{ fate: 'released' }, 'notFound'],
    [{ fate: 'inbox' }, 'invalidProperties'],
    [{ subject: 'Roses' }, 'invalidProperties'],
  ]
  for (const [patch, type] of patches) {
    const { notUpdated } = await anna.jmap.call('Story/set', { update: { [id]: patch } })
    assert.equal((notUpdated as Record<string, { type: string }>)[id]?.type, type)
  }
})

test('a letter that was held is filed by the script once it is released, and who releases it hears where it went', async (t) => {
  const anna = await reader()
  const account = await server.storage.openAccount(anna.person.id)
  const fields = 'Content-Disposition: attachment; filename=tulips.exe\r\n'
  const script = await createScript(account, { name: 'main', text: 'keep;' })
  await activateScript(account, script)
  const cases: [text: string, answer: unknown, where: string[]][] = [
    ['require "fileinto"; fileinto "Archive";', null, ['archive']],
    ['discard;', null, ['inbox']],
    ['require "ereject"; ereject "No";', null, ['inbox']],
    ['redirect "far@example.net";', { fate: 'passedOn' }, []],
  ]
  for (const [text, answer, where] of cases) {
    await updateScript(account, script, { text })
    assert.match(await arrive(t, [anna], { fields, body: 'MZ' }), /^250 /)
    const [story] = await stories(anna, { fates: ['held'] })
    const id = story?.id as string
    const { updated } = await anna.jmap.call('Story/set', { update: { [id]: { fate: 'released' } } })
    assert.deepEqual(updated, { [id]: answer })
    const { ids } = await anna.jmap.call('Email/query', {})
    const { list } = await anna.jmap.call('Email/get', { ids, properties: ['mailboxIds'] })
    const { list: mailboxes } = await anna.jmap.call('Mailbox/get', { properties: ['role'] })
    const roles = new Map((mailboxes as { id: string; role: string }[]).map((one) => [one.id, one.role]))
    assert.deepEqual(
      (list as { mailboxIds: object }[]).flatMap((one) => Object.keys(one.mailboxIds).map((at) => roles.get(at))),
      where,
    )
    await anna.jmap.call('Email/set', { destroy: ids })
  }
})
