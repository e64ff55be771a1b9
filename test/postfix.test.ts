import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { buffer } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'

import { SMTPServer } from 'smtp-server'

import { type Postfix, startPostfix } from './postfix.ts'

interface Arrival {
  from: string
  to: string[]
  bytes: string
}

/** Takes what it is given for rita@example.test alone; `refuseFirst` puts the first letter off with 451. */
async function startSink(t: TestContext, refuseFirst = false) {
  const arrivals: Arrival[] = []
  let refused = !refuseFirst
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onRcptTo: ({ address }, _session, done) =>
      done(address === 'rita@example.test' ? null : Object.assign(new Error('5.1.1 unknown'), { responseCode: 550 })),
    onData: (stream, { envelope }, done) => {
      const from = envelope.mailFrom ? envelope.mailFrom.address : ''
      const to = envelope.rcptTo.map(({ address }) => address)
      const take = (bytes: Buffer): void => {
        if (refused) arrivals.push({ from, to, bytes: bytes.toString('latin1') })
        done(refused ? null : Object.assign(new Error('4.3.2 later'), { responseCode: 451 }))
        refused = true
      }
      buffer(stream).then(take, done)
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  t.after(() => new Promise<void>((resolve) => server.close(resolve)))
  const address = server.server.address()
  assert.ok(address && typeof address === 'object')
  return { arrivals, host: '127.0.0.1', port: address.port }
}

async function untilQueueIsEmpty(postfix: Postfix): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await postfix.queueIsEmpty()) return
    await wait(200)
  }
  assert.fail('the queue of Postfix is not empty after 20 seconds')
}

// Complete, as Postfix would add a Date or a Message-ID that is missing.
const letter = [
  'From: Bram <bram@example.org>',
  'To: rita@example.test',
  'Date: Sat, 3 Jan 2026 10:00:00 +0100',
  'Message-ID: <tulips@example.org>',
  'Subject: Tulips',
  '',
  'Red ones.',
  '.',
  '..two',
  '',
].join('\r\n')

test('Postfix relays a letter, byte for byte below its own Received line', async (t) => {
  const sink = await startSink(t)
  const postfix = await startPostfix(t, { relayTo: sink, domain: 'example.test' })
  await postfix.send(letter, 'bram@example.org', 'rita@example.test')
  await untilQueueIsEmpty(postfix)

  assert.equal(sink.arrivals.length, 1)
  const [arrival] = sink.arrivals
  assert.equal(arrival?.from, 'bram@example.org')
  assert.deepEqual(arrival?.to, ['rita@example.test'])
  assert.match(arrival?.bytes ?? '', /^Received: from .*\sby postfix\.example\.test \(Postfix\)/s)
  assert.ok(arrival?.bytes.endsWith(letter))
})

test('a letter that was put off stays in the queue and comes a little later', async (t) => {
  const sink = await startSink(t, true)
  const postfix = await startPostfix(t, { relayTo: sink, domain: 'example.test' })
  await postfix.send(letter, 'bram@example.org', 'rita@example.test')
  assert.equal(await postfix.queueIsEmpty(), false)
  await untilQueueIsEmpty(postfix)
  assert.equal(sink.arrivals.length, 1)
})

test('a letter for nobody comes back to its sender', async (t) => {
  const sink = await startSink(t)
  const postfix = await startPostfix(t, { relayTo: sink, domain: 'example.test' })
  await postfix.send(letter, 'rita@example.test', 'nobody@example.test')
  await untilQueueIsEmpty(postfix)
  assert.equal(sink.arrivals[0]?.from, '')
  assert.match(sink.arrivals[0]?.bytes ?? '', /Subject: Undelivered Mail Returned to Sender/)
})

test('nothing goes to another domain', async (t) => {
  const sink = await startSink(t)
  const postfix = await startPostfix(t, { relayTo: sink, domain: 'example.test' })
  await assert.rejects(
    postfix.send(letter, 'bram@example.org', 'rita@example.net'),
    /550 5\.1\.2 .*this Postfix knows one domain/,
  )
  assert.equal(await postfix.queueIsEmpty(), true)
})

test('after the test nothing of it is left, even when the process is killed', async () => {
  const before = await ownFolders()
  const script = `
    import { test } from 'node:test'
    import { startPostfix } from '${import.meta.dirname}/postfix.ts'
    test('x', async (t) => {
      await startPostfix(t, { relayTo: { host: '127.0.0.1', port: 1 }, domain: 'example.test' })
      process.kill(process.pid, 'SIGKILL')
    })`
  await assert.rejects(promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]), {
    signal: 'SIGKILL',
  })
  for (let tries = 0; tries < 100 && (await ownFolders()).some((folder) => !before.includes(folder)); tries++) {
    await wait(100)
  }
  assert.deepEqual(
    (await ownFolders()).filter((folder) => !before.includes(folder)),
    [],
  )
})

async function ownFolders(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith('zegel-postfix-'))
}
