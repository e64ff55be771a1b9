import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { wakeQueue } from '#mail/outbound'
import { clockAtNoon } from '#test/clock'
import { letter, openMailReader, type MailReader } from '#test/letters'
import { startServer } from '#test/server'
import { reply, startSink } from '#test/sink'
import { dialSmtp } from '#test/smtp'

type Json = Record<string, unknown>

const sink = await startSink(
  { after },
  {
    script: { RCPT: (address) => (address.includes('full@') ? reply('550 5.2.2 The mailbox is full') : undefined) },
  },
)
const server = await startServer({ after }, { routes: { 'example.org': `${sink.host}:${sink.port}` } }, [
  'smtp',
  'http',
  'queue',
])

/** Waits until something is so, asked after every change of the account. */
async function when<T>({ account }: MailReader, find: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const changed = Promise.withResolvers<void>()
    const stop = account.listen(() => changed.resolve())
    try {
      const found = await find()
      if (found !== undefined) return found
      await changed.promise
    } finally {
      stop()
    }
  }
}

const addressOf = async (reader: MailReader): Promise<{ id: string; email: string }> =>
  ((await reader.call('Identity/get'))['list'] as { id: string; email: string }[])[0] as { id: string; email: string }

/** The newest letter in somebody's inbox. */
async function arrived(reader: MailReader): Promise<Json> {
  const inMailbox = await reader.mailbox('inbox')
  const id = await when(reader, async () => {
    const { ids } = await reader.call('Email/query', { filter: { inMailbox } })
    return (ids as string[])[0]
  })
  const properties = ['from', 'to', 'bcc', 'subject', 'headers', 'blobId', 'preview']
  return ((await reader.call('Email/get', { ids: [id], properties }))['list'] as Json[])[0] as Json
}

test('a letter goes to somebody here and to another server, and its sender hears how it went with each', async () => {
  const [anna, bert] = [await openMailReader(server), await openMailReader(server)]
  const [{ id: identityId, email }, { email: bertsAddress }] = [await addressOf(anna), await addressOf(bert)]
  const emailId = await anna.file(
    'drafts',
    letter({
      from: `Anna <${email}>`,
      to: `Bert <${bertsAddress}>, bea@example.org`,
      headers: ['Bcc: full@example.org', 'X-Mailer: Client 1.0'],
      subject: 'Tulips',
    }),
    { keywords: ['$draft'] },
  )
  const { created } = await anna.call('EmailSubmission/set', { create: { s: { identityId, emailId } } })
  const { id } = (created as { s: { id: string } }).s

  const submission = await when(anna, async () => {
    const [shown] = (await anna.call('EmailSubmission/get', { ids: [id] }))['list'] as Json[]
    const statuses = Object.values((shown?.['deliveryStatus'] ?? {}) as Record<string, Json>)
    return statuses.every(({ delivered }) => delivered !== 'queued') ? shown : undefined
  })
  assert.equal(submission['undoStatus'], 'final')
  const status = submission['deliveryStatus'] as Record<string, Json>
  assert.equal(status[bertsAddress]?.['delivered'], 'yes')
  assert.equal(status['bea@example.org']?.['delivered'], 'unknown', 'the other server took it; more nobody knows')
  assert.match(String(status['full@example.org']?.['smtpReply']), /^550/)
  assert.equal(status['full@example.org']?.['delivered'], 'no')
  const { rows: counted } = await anna.account.sql`
    select sum(recipients)::int as recipients, sum(failed)::int as failed from sending where account_id = ${anna.account.id}`
  assert.deepEqual(counted, [{ recipients: 3, failed: 1 }], 'what came back is counted')
  const { notUpdated } = await anna.call('EmailSubmission/set', { update: { [id]: { undoStatus: 'canceled' } } })
  assert.deepEqual(notUpdated, { [id]: { type: 'cannotUnsend' } })

  const here = await arrived(bert)
  assert.deepEqual([here['subject'], here['bcc']], ['Tulips', null])
  const names = (here['headers'] as { name: string; value: string }[])
    .map(({ name, value }) => `${name}:${value}`)
    .join('\n')
  assert.doesNotMatch(names, /X-Mailer|127\.0\.0\.1|full@/)

  const [outside, ...others] = sink.letters
  assert.ok(outside !== undefined && others.length === 0)
  assert.deepEqual([outside.from, outside.to], [email, ['bea@example.org']])
  assert.doesNotMatch(outside.content, /full@|X-Mailer|127\.0\.0\.1/)

  assert.match(String((await arrived(anna))['preview']), /full@example\.org/, 'and reads in words what did not work')
})

test('a letter by SMTP reaches somebody here', async (t) => {
  const [anna, bert] = [await server.createAccount(), await openMailReader(server)]
  const { email } = await addressOf(bert)
  const smtp = await dialSmtp(t, server.submissions, { tls: true })
  await smtp.say(`AUTH PLAIN ${Buffer.from(`\0${anna.address}\0${anna.password}`).toString('base64')}`)
  await smtp.say(`MAIL FROM:<${anna.address}>`)
  await smtp.say(`RCPT TO:<${email}>`)
  await smtp.say('DATA')
  assert.match(await smtp.say(`From: ${anna.address}\r\nTo: ${email}\r\nSubject: Seeds\r\n\r\nYellow.\r\n.`), /^250/)
  assert.equal((await arrived(bert))['subject'], 'Seeds')
})

test('a letter that waits leaves when its time has come, and not before', async (t) => {
  const pass = clockAtNoon(t)
  const anna = await openMailReader(server)
  const { id: identityId, email } = await addressOf(anna)
  const send = async (subject: string, parameters: Json): Promise<void> => {
    const emailId = await anna.file('drafts', letter({ from: email, to: 'bea@example.org', subject }))
    const envelope = { mailFrom: { email, parameters }, rcptTo: [{ email: 'bea@example.org' }] }
    const { notCreated } = await anna.call('EmailSubmission/set', { create: { s: { identityId, emailId, envelope } } })
    assert.equal(notCreated, null)
  }
  const finals = async (): Promise<number> =>
    ((await anna.call('EmailSubmission/query', { filter: { undoStatus: 'final' } }))['ids'] as string[]).length
  const subjects = (): string[] =>
    sink.letters.flatMap(
      ({ from, content }) => (from === email ? /^Subject: (\w+)/m.exec(content)?.slice(1) : []) ?? [],
    )

  await send('later', { HOLDFOR: '3600' })
  await send('now', {})
  await when(anna, async () => ((await finals()) === 1 ? true : undefined))
  assert.deepEqual(subjects(), ['now'])
  pass(3700)
  wakeQueue(server.storage)
  await when(anna, async () => ((await finals()) === 2 ? true : undefined))
  assert.deepEqual(subjects(), ['now', 'later'])
})
