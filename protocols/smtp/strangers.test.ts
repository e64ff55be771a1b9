/** Letters of strangers who look suspicious: asked to come again, and taken when they do. */
import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { shiftClock } from '#system'
import { openJmapClient, type JmapClient } from '#test/jmap'
import { startNameServer } from '#test/name-server'
import type { Person } from '#test/people'
import { startServer } from '#test/server'
import { dialSmtp } from '#test/smtp'

const names = await startNameServer(
  { after },
  {
    'good.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
    '_dmarc.good.example': { TXT: ['v=DMARC1; p=reject'] },
    '1.0.0.127.in-addr.arpa': { PTR: ['localhost.example'] },
    'localhost.example': { A: ['127.0.0.1'] },
    // Whoever asks this list is told so, which is no entry.
    '1.0.0.127.complains.example': { A: ['127.255.255.254'] },
    '1.0.0.127.list.example': { A: ['127.0.0.2'] },
    '1.0.0.127.silent.example': 'silent',
  },
)
const lists = ['complains.example', 'none.example', 'list.example']
const settings = {
  dns: { servers: [names.address] },
  arrival: { trustedSealers: [], blockLists: lists, greylistMinutes: 5, indicators: false },
}
const server = await startServer({ after }, settings, ['smtp', 'http'])
afterEach(() => shiftClock(0))

const MINUTE = 60

interface Reader {
  person: Person
  jmap: JmapClient
}

async function reader(): Promise<Reader> {
  const person = await server.createAccount()
  return { person, jmap: await openJmapClient(server, person) }
}

async function arrive(t: { after(undo: () => void): void }, to: Reader, from: string): Promise<string> {
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say(`MAIL FROM:<${from}>`)
  await smtp.say(`RCPT TO:<${to.person.address}>`)
  await smtp.say('DATA')
  return smtp.say(
    `From: ${from}\r\nDate: ${new Date().toUTCString()}\r\nMessage-ID: <${from}>\r\nSubject: Tulips\r\n\r\nRed ones.\r\n.`,
  )
}

interface Shown {
  fate: string
  findings: { name: string; values: Record<string, string> }[]
}

async function stories({ jmap }: Reader): Promise<Shown[]> {
  const { list } = await jmap.call('Story/get', { ids: null })
  return list as Shown[]
}

const findings = (shown: Shown | undefined, name: string): Record<string, string>[] =>
  (shown?.findings ?? []).filter((one) => one.name === name).map(({ values }) => values)

test('a suspicious stranger is asked to come again, in vain before the time, and let in after it', async (t) => {
  const anna = await reader()
  const from = 'first@unknown.example'
  assert.match(await arrive(t, anna, from), /^451 .*try again in a few minutes/)
  assert.deepEqual(
    (await stories(anna)).map(({ fate }) => fate),
    ['deferred'],
  )
  shiftClock(3 * MINUTE)
  assert.match(await arrive(t, anna, from), /^451/)
  shiftClock(6 * MINUTE)
  assert.match(await arrive(t, anna, from), /^250/)
  assert.deepEqual(
    (await stories(anna)).map(({ fate }) => fate),
    ['inbox'],
  )
  // Known from now on, to everybody.
  assert.match(await arrive(t, await reader(), from), /^250/)
})

test('who comes again after days is a stranger again', async (t) => {
  const anna = await reader()
  const from = 'days@unknown.example'
  assert.match(await arrive(t, anna, from), /^451/)
  shiftClock(2 * 24 * 60 * MINUTE)
  assert.match(await arrive(t, anna, from), /^451/)
  shiftClock((2 * 24 * 60 + 6) * MINUTE)
  assert.match(await arrive(t, anna, from), /^250/)
})

test('whom the reader always lets in is not asked', async (t) => {
  const anna = await reader()
  await anna.jmap.call('AllowedSender/set', { create: { a: { address: '@allowed.example' } } })
  assert.match(await arrive(t, anna, 'x@allowed.example'), /^250/)
})

test('a letter that is nothing but listed is not refused, and its reader is told of the list', async (t) => {
  const anna = await reader()
  assert.match(await arrive(t, anna, 'bea@good.example'), /^250/)
  const [story] = await stories(anna)
  assert.deepEqual(findings(story, 'blockListed'), [{ list: 'list.example' }])
})

test('who looks like a domain of ours is not taken for it', async (t) => {
  const anna = await reader()
  assert.match(await arrive(t, anna, 'chef@zege1.test'), /^451/)
  const [story] = await stories(anna)
  assert.deepEqual(findings(story, 'looksLikeHosted'), [{ address: 'chef@zege1.test', domain: 'zegel.test' }])
})
