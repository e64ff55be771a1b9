/** Notifications that a program asks for at submission (RFC 3461): who gets which, and who none. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openMailReader, type MailReader } from '#test/letters'
import { queueIsEmpty } from '#test/queue'
import { startServer } from '#test/server'
import { reply, startSink } from '#test/sink'
import { dialSmtp } from '#test/smtp'

const script = { RCPT: (address: string) => (address.includes('gone') ? reply('550 5.1.1 Nobody') : undefined) }
/** One knows DSN, the other does not. */
const mute = await startSink({ after }, { script, extensions: ['8BITMIME'] })
const able = await startSink({ after }, { script })
const server = await startServer(
  { after },
  { routes: { 'mute.example': `127.0.0.1:${mute.port}`, 'able.example': `127.0.0.1:${able.port}` } },
  ['smtp', 'http', 'queue'],
)

/** Sends a letter by SMTP and waits until it is done with. */
async function send(
  t: { after(undo: () => void): void },
  { person }: MailReader,
  ofMail: string,
  recipients: readonly [address: string, parameters: string][],
): Promise<void> {
  const smtp = await dialSmtp(t, server.submissions, { tls: true })
  await smtp.say(`AUTH PLAIN ${Buffer.from(`\0${person.address}\0${person.password}`).toString('base64')}`)
  assert.match(await smtp.say(`MAIL FROM:<${person.address}> ${ofMail}`), /^250/)
  for (const [address, parameters] of recipients)
    assert.match(await smtp.say(`RCPT TO:<${address}> ${parameters}`), /^250/)
  await smtp.say('DATA')
  const content = `From: ${person.address}\r\nSubject: Tulips\r\n\r\nRed ones.\r\n.`
  assert.match(await smtp.say(content), /^250/)
  await queueIsEmpty(server.storage)
}

/** What came back: of each recipient what was done, and of each notification what else it says. */
async function notifications(reader: MailReader) {
  const { ids } = await reader.call('Email/query', { filter: { inMailbox: await reader.mailbox('inbox') } })
  const { list } = await reader.call('Email/get', { ids, properties: ['blobId'] })
  const all = await Promise.all(
    (list as { blobId: string }[]).map(async ({ blobId }) => {
      const url = `${server.http}/jmap/download/${reader.accountId}/${blobId}/a?accept=message/rfc822`
      return (await fetch(url, { headers: reader.headers })).text()
    }),
  )
  const values = (field: string): string[] =>
    all.flatMap((text) => [...text.matchAll(new RegExp(`^${field}: (.*)\r$`, 'gm'))].map(([, value = '']) => value))
  const done = Object.fromEntries(
    all.flatMap((text) =>
      [...text.matchAll(/^Final-Recipient: rfc822; (\S+)\r\nAction: (\w+)\r$/gm)].map(([, who, what]) => [who, what]),
    ),
  ) as Record<string, string>
  return { done, values, all }
}

test('SUCCESS is answered where the way ends, and left to the next server where it knows how', async (t) => {
  const [anna, bert] = [await openMailReader(server), await openMailReader(server)]
  const asked = 'NOTIFY=SUCCESS,FAILURE'
  await send(t, anna, 'RET=HDRS ENVID=order+2B7', [
    [bert.person.address, `${asked} ORCPT=rfc822;chef+2Bx@firm.example`],
    ['bea@mute.example', asked],
    ['carl@able.example', asked],
    ['gone@able.example', asked],
  ])
  const { done, values, all } = await notifications(anna)
  assert.deepEqual(done, {
    [bert.person.address]: 'delivered',
    'bea@mute.example': 'relayed',
    'gone@able.example': 'failed',
  })
  assert.deepEqual(new Set(values('Original-Envelope-Id')), new Set(['order+7']))
  assert.deepEqual(values('Original-Recipient'), ['rfc822;chef+x@firm.example'])
  assert.ok(
    all.every((text) => !text.includes('Red ones.')),
    'RET=HDRS',
  )
  const [passed] = able.letters
  assert.deepEqual(
    [passed?.parameters[0]?.match(/RET=\S+ ENVID=\S+/)?.[0], passed?.parameters[1]],
    ['RET=HDRS ENVID=order+2B7', 'NOTIFY=SUCCESS,FAILURE'],
  )
})

test('NEVER is never answered, and nothing asked for is failure and delay (RFC 3461 §4.1)', async (t) => {
  const anna = await openMailReader(server)
  await send(t, anna, 'RET=FULL', [
    ['gone-never@mute.example', 'NOTIFY=NEVER'],
    ['gone-quiet@mute.example', 'NOTIFY=DELAY'],
    ['gone-success@mute.example', 'NOTIFY=SUCCESS'],
    ['bea@mute.example', ''],
    ['gone@mute.example', ''],
  ])
  const { done, all } = await notifications(anna)
  assert.deepEqual(done, { 'gone@mute.example': 'failed' })
  assert.ok(
    all.every((text) => text.includes('Red ones.')),
    'RET=FULL',
  )
})

test('a letter without a sender is never answered, whatever it asks (RFC 3461 §6.1)', async (t) => {
  const anna = await openMailReader(server)
  const smtp = await dialSmtp(t, server.submissions, { tls: true })
  const { address, password } = anna.person
  await smtp.say(`AUTH PLAIN ${Buffer.from(`\0${address}\0${password}`).toString('base64')}`)
  await smtp.say('MAIL FROM:<>')
  assert.match(await smtp.say('RCPT TO:<gone@mute.example> NOTIFY=SUCCESS,FAILURE'), /^250/)
  await smtp.say('DATA')
  assert.match(await smtp.say(`From: ${address}\r\nSubject: Read\r\n\r\nRead.\r\n.`), /^250/)
  await queueIsEmpty(server.storage)
  assert.deepEqual((await notifications(anna)).done, {})
})
