/** Letters that mail programs have left to wait (RFC 4865), through power cuts and past their time. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, test } from 'node:test'
import { newFolder, removeFolder, startChild, type ChildServer } from './child.ts'
import { openJmapClient } from './jmap.ts'
import { startSink } from './sink.ts'
import { dialSmtp } from './smtp.ts'

const folder = newFolder()
after(() => removeFolder(folder))
const sink = await startSink({ after })
const person = { address: 'anna@zegel.test', password: 'a long enough password' }
const HOUR = 3600

const SETTINGS = `
trial = true
hostname = "zegel.test"
listen = ["127.0.0.1"]
cleartextOnLoopback = true
[routes]
"sink.example" = "127.0.0.1:${sink.port}"
`

async function start(clockOffset: number): Promise<ChildServer> {
  process.env['ZEGEL_CLOCK_OFFSET_SECONDS'] = String(clockOffset)
  try {
    return await startChild({ folder, settings: SETTINGS })
  } finally {
    delete process.env['ZEGEL_CLOCK_OFFSET_SECONDS']
  }
}

const arrived = (): string[] =>
  sink.letters.map(({ content }) => /^Subject: (.+)\r$/m.exec(content)?.[1] ?? '').toSorted()

const queued = async (server: ChildServer): Promise<number> =>
  (JSON.parse(await server.command(['queue', 'list', '--json'])) as unknown[]).length

test('what waits survives power cuts, leaves at its time, once; what was stopped never leaves', async (t) => {
  let server = await start(0)
  t.after(() => server.stop())
  await server.command(['account', 'create', person.address, '--password-stdin'], person.password)
  const smtp = await dialSmtp(t, { host: '127.0.0.1', port: server.submission })
  assert.match(await smtp.say('STARTTLS'), /^220/)
  await smtp.startTls()
  await smtp.say('EHLO peer.example')
  const plain = Buffer.from(`\0${person.address}\0${person.password}`).toString('base64')
  assert.match(await smtp.say(`AUTH PLAIN ${plain}`), /^235/)
  const until = new Date(Date.now() + 2 * HOUR * 1000).toISOString()
  for (const [subject, hold] of [
    ['goes', `HOLDFOR=${HOUR}`],
    ['stopped', `HOLDFOR=${HOUR}`],
    ['goes later', `HOLDUNTIL=${until}`],
  ] as const) {
    assert.match(await smtp.say(`MAIL FROM:<${person.address}> ${hold}`), /^250/)
    assert.match(await smtp.say('RCPT TO:<bea@sink.example>'), /^250/)
    await smtp.say('DATA')
    assert.match(await smtp.say(`From: ${person.address}\r\nSubject: ${subject}\r\n\r\nRed ones.\r\n.`), /^250/)
  }
  await server.kill()

  server = await start(0)
  const jmap = await openJmapClient({ http: `http://127.0.0.1:${server.http}` }, person)
  const submissions = (await jmap.call('EmailSubmission/get'))['list'] as { id: string; emailId: string }[]
  const emails = (await jmap.call('Email/get', { ids: submissions.map(({ emailId }) => emailId) }))['list'] as {
    id: string
    subject: string
  }[]
  assert.deepEqual(emails.map(({ subject }) => subject).toSorted(), ['goes', 'goes later', 'stopped'])
  const stopped = submissions.find(({ emailId }) => emails.find(({ subject }) => subject === 'stopped')?.id === emailId)
  const update = { [stopped?.id ?? '']: { undoStatus: 'canceled' } }
  assert.equal((await jmap.call('EmailSubmission/set', { update }))['notUpdated'], null)
  assert.deepEqual([arrived(), await queued(server)], [[], 2])
  await server.kill()

  server = await start(HOUR + 60)
  for (let tries = 0; tries < 240 && (await queued(server)) > 1; tries++) await sleep(250)
  assert.deepEqual(arrived(), ['goes'])
  await server.kill()

  server = await start(2 * HOUR + 60)
  for (let tries = 0; tries < 240 && (await queued(server)) > 0; tries++) await sleep(250)
  await server.kill()
  server = await start(3 * HOUR)
  assert.equal(await queued(server), 0)
  assert.deepEqual(arrived(), ['goes', 'goes later'], 'each once, and what was stopped never')
  assert.deepEqual(sink.complaints, [])
})
