import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import { openTransport } from '#mail/transport'
import { loadCertificate } from '#system'
import { silent } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import {
  drop,
  endless,
  hang,
  reply,
  replyAndDrop,
  startSink,
  trickle,
  twice,
  type Sink,
  type SinkOptions,
} from '#test/sink'
import { openSession, type Patience, type Session } from './connection.ts'
import { DeliveryTrouble } from './outcome.ts'
import { StaleSession, transmit, type Transmission } from './transmit.ts'
import type { Way } from './way.ts'

/** Long enough for a busy machine, short enough to wait for. */
const PATIENCE: Patience = { connectMs: 3000, setupMs: 1500, silenceMs: 1000, letterMs: 2000 }

const { config } = await testDatabase()
const transport = openTransport({ config, storage: await openTestStorage({ after }), log: silent })
after(() => transport.close())
const TOOLS = { config, transport, patience: PATIENCE }

const wayTo = (...sinks: Pick<Sink, 'host' | 'port'>[]): Way => ({
  lane: 'test',
  isHere: false,
  care: 'usual',
  async *endpoints() {
    for (const { host, port } of sinks) yield { name: 'mx.example', address: host, port }
  },
})

interface Said {
  content?: string
  to?: string[]
  envelope?: Partial<Transmission['envelope']>
  recipients?: Transmission['recipients']
}

function letter({
  content = 'Subject: x\r\n\r\nHello\r\n',
  to = ['bea@example.org'],
  envelope,
  recipients,
}: Said = {}): Transmission {
  const bytes = Buffer.from(content)
  return {
    envelope: {
      mailFrom: 'anna@zegel.test',
      blob: { id: '', key: '', size: bytes.length },
      hops: 0,
      body8bit: false,
      smtputf8: false,
      ...envelope,
    },
    size: bytes.length,
    recipients: recipients ?? to.map((address) => ({ address, domain: 'example.org' })),
    sign: async () => '',
    async *content() {
      yield bytes
    },
  }
}

async function connected(t: TestContext, options: SinkOptions = {}): Promise<{ sink: Sink; session: Session }> {
  const sink = await startSink(t, options)
  const session = await openSession(wayTo(sink), TOOLS)
  t.after(() => session.client.close())
  return { sink, session }
}

test('letters go one after the other over one connection, byte for byte', async (t) => {
  const { sink, session } = await connected(t)
  const contents = ['Subject: 1\r\n\r\n.\r\n..two\r\n.three', 'Subject: 2\r\n\r\n', 'Subject: 3\r\n\r\nend\r\n']
  for (const content of contents) {
    const [outcome] = await transmit(session, letter({ content }), PATIENCE)
    assert.deepEqual([outcome?.state, outcome?.how, outcome?.host], ['delivered', 'passed', 'mx.example'])
  }
  // A message that does not end its last line has it ended (RFC 5321 §4.1.1.4).
  assert.deepEqual(
    sink.letters.map(({ content }) => content),
    contents.map((content) => (content.endsWith('\r\n') ? content : `${content}\r\n`)),
  )
  assert.deepEqual([sink.connections, sink.complaints], [1, []])
})

test('each recipient has its own answer', async (t) => {
  const { sink, session } = await connected(t, {
    script: {
      RCPT: (to) =>
        to.includes('nobody')
          ? reply('550 5.1.1 No such user')
          : to.includes('full')
            ? reply('452 4.2.2 Mailbox full')
            : undefined,
    },
  })
  const to = ['nobody@example.org', 'bea@example.org', 'full@example.org']
  const outcomes = await transmit(session, letter({ to }), PATIENCE)
  assert.deepEqual(
    outcomes.map(({ state, status }) => [state, status]),
    [
      ['failed', '5.1.1'],
      ['delivered', '2.0.0'],
      ['later', '4.2.2'],
    ],
  )
  assert.deepEqual(sink.letters[0]?.to, ['bea@example.org'])
})

test('after a refusal the connection serves the next letter', async (t) => {
  const { sink, session } = await connected(t, {
    extensions: ['8BITMIME'],
    script: { RCPT: (to) => (to.includes('nobody') ? reply('550 5.1.1 No such user') : undefined) },
  })
  const [refused] = await transmit(session, letter({ to: ['nobody@example.org'] }), PATIENCE)
  const [taken] = await transmit(session, letter(), PATIENCE)
  assert.deepEqual([refused?.state, taken?.state, taken?.how], ['failed', 'delivered', 'relayed'])
  assert.deepEqual([sink.connections, sink.complaints], [1, []])
})

test('only what was offered is asked for', async (t) => {
  const envelope = { ret: 'HDRS', envid: 'a+b=c d', smtputf8: true, body8bit: true } as const
  const recipients = [
    {
      address: 'zoë@example.org',
      domain: 'example.org',
      notify: ['SUCCESS', 'DELAY'],
      orcpt: 'rfc822;z+y@example.org',
    },
    { address: 'bea@example.org', domain: 'example.org' },
  ] as const
  const { sink, session } = await connected(t)
  await transmit(session, letter({ envelope, recipients }), PATIENCE)
  assert.deepEqual(sink.letters[0]?.parameters, [
    'SIZE=21 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb+3Dc+20d',
    'NOTIFY=SUCCESS,DELAY ORCPT=rfc822;z+2By@example.org',
    '',
  ])
  const plain = await connected(t, { extensions: [] })
  await transmit(plain.session, letter({ envelope: { ret: 'FULL' } }), PATIENCE)
  assert.deepEqual(plain.sink.letters[0]?.parameters, ['', ''])
  assert.deepEqual([sink.complaints, plain.sink.complaints], [[], []])
})

const unable: Record<string, [extensions: string[], said: Said, status: string]> = {
  'larger than it takes': [['SIZE 10'], {}, '5.3.4'],
  'an address in UTF-8': [['8BITMIME'], { to: ['zoë@example.org'], envelope: { smtputf8: true } }, '5.6.7'],
  'eight bits that no encoding can hide': [
    [],
    { content: 'Subject: Grüße\r\n\r\n', envelope: { body8bit: true } },
    '5.6.3',
  ],
}
for (const [what, [extensions, said, status]] of Object.entries(unable))
  test(`given back before anything is sent: ${what}`, async (t) => {
    const { sink, session } = await connected(t, { extensions })
    const [outcome] = await transmit(session, letter(said), PATIENCE)
    assert.deepEqual([outcome?.state, outcome?.status], ['failed', status])
    assert.equal(sink.count, 0)
  })

test('a server that knows seven bits gets seven bits', async (t) => {
  const { sink, session } = await connected(t, { extensions: [] })
  const content = 'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGrüße\r\n'
  const [outcome] = await transmit(session, letter({ content, envelope: { body8bit: true } }), PATIENCE)
  assert.equal(outcome?.state, 'delivered')
  assert.match(sink.letters[0]?.content ?? '', /Content-Transfer-Encoding: base64[^]*R3LDvMOfZQ0K\r\n$/)
  assert.deepEqual(sink.complaints, [])
})

/** What a letter meets, and how it goes on: none may be lost, and none bounced for what is not its fault. */
const hostile: Record<string, [script: SinkOptions['script'], state: string, status?: string]> = {
  'hangs after DATA': [{ DATA: () => hang }, 'later', '4.4.2'],
  'hangs after the message': [{ content: () => hang }, 'later', '4.4.2'],
  'drops after DATA': [{ DATA: () => replyAndDrop('354 Go on') }, 'later', '4.4.2'],
  'drops before it answers the message': [{ content: () => drop }, 'later', '4.4.2'],
  'drops at RCPT': [{ RCPT: () => drop }, 'later', '4.4.2'],
  'answers the message twice': [{ content: () => twice('250 2.0.0 Taken') }, 'delivered'],
  'answers a megabyte': [{ content: () => endless(250, 1_000_000) }, 'later', '4.4.2'],
  'answers a line of a megabyte': [
    { content: () => (socket) => void socket.write(`250 ${'x'.repeat(1_000_000)}`) },
    'later',
    '4.4.2',
  ],
  'trickles for ever': [{ content: () => trickle }, 'later', '4.4.2'],
  'closes with 421': [{ content: () => replyAndDrop('421 4.3.2 Going down') }, 'later', '4.3.2'],
  'closes with 421 at MAIL': [{ MAIL: () => replyAndDrop('421 4.3.2 Going down') }, 'later'],
  'speaks no SMTP': [{ content: () => reply('HTTP/1.1 200 OK') }, 'later', '4.4.2'],
  'answers 354 to the message': [{ content: () => reply('354 Go on') }, 'later', '4.4.2'],
  'finds itself out of step': [{ MAIL: () => reply('503 5.5.1 Bad sequence') }, 'later'],
  'puts control characters in its answer': [
    { content: () => reply('550 5.7.1 \u001B[31mspam\u0007\u0085') },
    'failed',
    '5.7.1',
  ],
  'says 550 with the status of success': [{ content: () => reply('550 2.0.0 No') }, 'failed', '5.0.0'],
}
for (const [what, [script = {}, state, status]] of Object.entries(hostile))
  test(`a server that ${what}: ${state}`, async (t) => {
    const { session } = await connected(t, { script })
    const [outcome] = await transmit(session, letter(), PATIENCE)
    assert.equal(outcome?.state, state)
    if (status !== undefined) assert.equal(outcome.status, status)
    assert.ok((outcome?.reply.length ?? 0) <= 500)
    assert.doesNotMatch(outcome?.reply ?? '', /[\x00-\x1f\x7f-\x9f]/)
  })

test('a server that answers MAIL four times is not believed to have taken a letter that it never saw', async (t) => {
  const { sink, session } = await connected(t, {
    script: { MAIL: () => (socket) => void socket.write('250 2.1.0 Sender taken\r\n'.repeat(4)) },
  })
  const [outcome] = await transmit(session, letter(), PATIENCE)
  assert.deepEqual([outcome?.state, sink.count, session.isUsable()], ['later', 0, false])
})

test('what answered twice is not used again', async (t) => {
  const { session } = await connected(t, { script: { content: () => twice('250 2.0.0 Taken') } })
  await transmit(session, letter(), PATIENCE)
  assert.equal(session.isUsable(), false)
})

test('a connection that went stale while it lay idle costs the letter nothing', async (t) => {
  const { sink, session } = await connected(t)
  await transmit(session, letter(), PATIENCE)
  sink.script = { MAIL: () => drop }
  await assert.rejects(transmit(session, letter(), PATIENCE), StaleSession)
})

test('when one machine does not answer, the next one of the domain is asked', async (t) => {
  const shut = await startSink(t, { script: { greeting: () => reply('554 No mail today') } })
  const gone = await startSink(t)
  await gone.close()
  const mute = await startSink(t, { script: { greeting: () => hang } })
  const good = await startSink(t)
  const session = await openSession(wayTo(gone, shut, mute, good), TOOLS)
  assert.equal((await transmit(session, letter(), PATIENCE))[0]?.state, 'delivered')
  session.quit()
  await assert.rejects(openSession(wayTo(gone, shut), TOOLS), (error: unknown) => {
    assert.ok(error instanceof DeliveryTrouble)
    assert.deepEqual([error.outcome.state, error.outcome.reply], ['later', '554 No mail today'])
    return true
  })
})

test('a domain of many machines that all take their time is left after a few of them', async (t) => {
  const mute = await startSink(t, { script: { greeting: () => hang } })
  const way = wayTo(...Array.from({ length: 10 }, () => mute))
  await assert.rejects(openSession(way, { ...TOOLS, patience: { ...PATIENCE, setupMs: 300 } }), DeliveryTrouble)
  assert.ok(mute.connections <= 3, `${mute.connections} were asked`)
})

const certificate = await loadCertificate(config)

test('what can be encrypted is, whoever signed the certificate', async (t) => {
  const { sink, session } = await connected(t, { certificate })
  await transmit(session, letter(), PATIENCE)
  assert.deepEqual([sink.letters[0]?.isEncrypted, sink.complaints], [true, []])
})

const brokenTls: Record<string, SinkOptions['script']> = {
  'refuses STARTTLS': { STARTTLS: () => reply('454 4.7.0 Not now') },
  'breaks the handshake': { STARTTLS: () => (socket) => void socket.write('220 Begin\r\nthis is no TLS at all\r\n') },
  'closes in the handshake': { STARTTLS: () => replyAndDrop('220 Begin') },
  'hangs in the handshake': {
    STARTTLS: () => (socket) => void socket.removeAllListeners('data').resume().write('220 Begin\r\n'),
  },
}
for (const [what, script] of Object.entries(brokenTls))
  test(`a server that ${what} gets the letter in clear`, async (t) => {
    const { sink, session } = await connected(t, { certificate, script: script ?? {} })
    await transmit(session, letter(), PATIENCE)
    assert.deepEqual([sink.letters[0]?.isEncrypted, sink.connections], [false, 2])
  })

const smarthost = { host: '127.0.0.1', port: 1, tls: 'starttls', user: 'zegel', password: 'secret' } as const

test('a smarthost gets no letter and no password in clear, nor under a certificate that proves nothing', async (t) => {
  for (const options of [{}, { certificate }, { certificate, script: brokenTls['refuses STARTTLS'] ?? {} }]) {
    const sink = await startSink(t, options)
    const way = { ...wayTo(sink), smarthost: { ...smarthost, port: sink.port } }
    await assert.rejects(openSession(way, TOOLS), DeliveryTrouble)
    assert.equal(sink.count, 0)
    assert.ok(!sink.complaints.some((complaint) => complaint.includes('AUTH')), 'no AUTH was tried')
  }
})
