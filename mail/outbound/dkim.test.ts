/** Letters that leave signed, looked at by verifiers that are not ours and by our own, over a name server of the test. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import {
  closeAccount,
  closingTerms,
  createAccount,
  createDomain,
  keepDkimKeys,
  lookAtRecords,
  type DnsRecord,
} from '#accounts'
import { authenticate, openLookUp } from '#mail/authentication'
import { checkSubmission, submit } from '#mail/submission'
import { now, openDns, shiftClock } from '#system'
import { config, delivering, hasLeft, inboxOf, person, send, storage, until } from '#test/delivery'
import { verifyElsewhere, type VerifiedSignature } from '#test/dkim-verifier'
import { startNameServer, type NameServer } from '#test/name-server'
import { openTestInspection } from '#test/inspection'
import { addRecovery } from '#test/people'
import { startSink, type Sink } from '#test/sink'
import { sendOwnLetter } from './own.ts'
import { wakeQueue } from './wake.ts'

const DAY = 86_400

interface Hosted {
  domain: string
  names: NameServer
  dns: ReturnType<typeof openDns>
}

/** A domain of its own, whose records are in the DNS where `published`. */
async function hosted(t: TestContext, published = true): Promise<Hosted> {
  const domain = `d${randomBytes(6).toString('hex')}.example`
  const names = await startNameServer(t, {})
  const dns = openDns({ dns: { servers: [names.address] } }, 500)
  await createDomain(storage, domain)
  const host = { domain, names, dns }
  await keep(host)
  if (published) await publish(host)
  return host
}

const keep = ({ domain, dns }: Hosted, dkim = config.dkim): Promise<unknown> =>
  keepDkimKeys(storage, { dkim }, dns, domain)

const recordsOf = async ({ domain, dns }: Hosted): Promise<DnsRecord[]> =>
  (await lookAtRecords(storage, config, dns, domain)).map(({ record }) => record).filter(({ kind }) => kind === 'dkim')

/** Puts what is wanted into the DNS, and has it seen. */
async function publish(host: Hosted): Promise<void> {
  for (const { name, value } of await recordsOf(host)) host.names.zone[name] = { TXT: [value] }
  await keep(host)
}

async function leaving(t: TestContext, options: Parameters<typeof startSink>[1] = {}): Promise<Sink> {
  const sink = await startSink(t, options)
  await delivering(t, { sinks: { 'example.org': sink } })
  return sink
}

const from = (domain: string, more = ''): string =>
  `From: Anna <anna@${domain}>\r\nTo: bea@example.org\r\nSubject: Tulips\r\nDate: Mon, 30 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@${domain}>\r\n${more}`

const written = (domain: string, content: string): Parameters<typeof send>[0] => ({
  to: ['bea@example.org'],
  mailFrom: `anna@${domain}`,
  content: Buffer.from(content, 'latin1'),
  isWrittenHere: true,
})

/** A letter as it leaves by a process that has just started, and so knows no earlier state. */
async function leavesNow(t: TestContext, domain: string): Promise<string> {
  const sink = await startSink(t)
  const delivery = await delivering(t, { sinks: { 'example.org': sink } })
  await hasLeft(await send(written(domain, `${from(domain)}\r\nRed ones.\r\n`)))
  await delivery.stop()
  return sink.letters[0]?.content ?? ''
}

const contentsOf = (sink: Sink): string[] => sink.letters.map(({ content }) => content)
const countSigned = (content: string): number => content.match(/^DKIM-Signature:/gm)?.length ?? 0

function bothGood(signatures: VerifiedSignature[] | undefined, domain: string): void {
  assert.deepEqual(
    signatures?.map(({ domain, algorithm, isGood, error }) => ({ domain, algorithm, isGood, error })),
    ['rsa', 'ed25519'].map((name) => ({ domain, algorithm: `${name}-sha256`, isGood: true, error: null })),
  )
}

const LETTERS: Record<string, (domain: string) => string> = {
  'a plain one': (domain) => `${from(domain)}\r\nRed ones.\r\n`,
  'one with dots, white space and empty lines': (domain) => `${from(domain)}\r\n.\r\n..a \t b \r\n\r\n\r\n`,
  'one without a body': (domain) => `${from(domain)}\r\n`,
  'one that is a header alone': (domain) => from(domain),
  'one without a line end at its end': (domain) => `${from(domain)}\r\nRed ones.`,
  'one of three megabytes': (domain) => `${from(domain)}\r\n${`${'tulips '.repeat(10)}\r\n`.repeat(43_000)}`,
  'one with ten thousand fields': (domain) => `${from(domain, 'X-Many: x\r\n'.repeat(10_000))}\r\nRed ones.\r\n`,
  'one in eight bits': (domain) =>
    `${from(domain, 'MIME-Version: 1.0\r\nContent-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: 8bit\r\n')}\r\nGr\xc3\xbc\xc3\x9fe\r\n`,
  'one with a header in UTF-8': (domain) =>
    `From: J\xc3\xbcrgen <j\xc3\xbcrgen@${domain}>\r\nSubject: Gr\xc3\xbc\xc3\x9fe\r\n\r\nRed ones.\r\n`,
  'one to leave a list by': (domain) =>
    `${from(domain, 'List-Unsubscribe: <https://example.org/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n')}\r\nRed ones.\r\n`,
  'one with bare line ends, which leave as CRLF': (domain) => `${from(domain)}\r\nRed\nones.\rAll.\r\n`,
}

test('letters of all kinds leave with both signatures, good for a verifier that is not ours and for our own', async (t) => {
  const host = await hosted(t)
  const sink = await leaving(t)
  for (const content of Object.values(LETTERS)) await hasLeft(await send(written(host.domain, content(host.domain))))
  assert.deepEqual(sink.complaints, [])
  const contents = contentsOf(sink)
  const found = await verifyElsewhere(contents, host.names.address)
  for (const [i, what] of Object.keys(LETTERS).entries())
    await t.test(what, async () => {
      bothGood(found[i], host.domain)
      const lookUp = openLookUp([host.names.address]).forLetter()
      const asked = { clientAddress: '192.0.2.1', heloName: 'mail.example', mailFrom: `anna@${host.domain}` }
      const content = Buffer.from(contents[i] as string, 'latin1')
      const { dkim } = await authenticate(content, asked, 'example.org', lookUp)
      assert.deepEqual(
        dkim.map(({ result, domain }) => [result, domain]),
        [
          ['pass', host.domain],
          ['pass', host.domain],
        ],
      )
    })
})

test('a letter that is changed, or given a second Subject, is good for nobody', async (t) => {
  const host = await hosted(t)
  const sink = await leaving(t)
  await hasLeft(await send(written(host.domain, `${from(host.domain)}\r\nRed ones.\r\n`)))
  const [content = ''] = contentsOf(sink)
  const changed = [
    content.replace('Red ones', 'Red one'),
    content.replace('Subject: Tulips', 'Subject: Roses'),
    `Subject: Roses\r\n${content}`,
    `From: eve@example.net\r\n${content}`,
    `Reply-To: eve@example.net\r\n${content}`,
    content.replace('\r\n\r\n', '\r\nContent-Type: text/html\r\n\r\n'),
    `${content}More.\r\n`,
  ]
  const found = await verifyElsewhere(changed, host.names.address)
  assert.deepEqual(
    found.map((signatures) => signatures.map(({ isGood }) => isGood)),
    changed.map(() => [false, false]),
  )
})

test('what is converted for a server that takes seven bits is signed as it leaves', async (t) => {
  const host = await hosted(t)
  const sink = await leaving(t, { extensions: ['SIZE 10000000'] })
  await hasLeft(
    await send(written(host.domain, (LETTERS['one in eight bits'] as (domain: string) => string)(host.domain))),
  )
  assert.match(contentsOf(sink)[0] ?? '', /Content-Transfer-Encoding: base64/)
  const [signatures] = await verifyElsewhere(contentsOf(sink), host.names.address)
  bothGood(signatures, host.domain)
})

test('a letter to many domains is signed once, and each server gets the same signatures', async (t) => {
  const host = await hosted(t)
  const sinks = Object.fromEntries(
    await Promise.all(['a', 'b', 'c'].map(async (name) => [`${name}.example`, await startSink(t)] as const)),
  )
  await delivering(t, { sinks })
  const to = Object.keys(sinks).map((domain) => `bea@${domain}`)
  await hasLeft(await send({ ...written(host.domain, `${from(host.domain)}\r\nRed ones.\r\n`), to }))
  const contents = Object.values(sinks).flatMap(contentsOf)
  assert.equal(contents.length, 3)
  assert.equal(new Set(contents).size, 1)
  const [signatures] = await verifyElsewhere(contents.slice(0, 1), host.names.address)
  bothGood(signatures, host.domain)
})

const UNSIGNED: Record<string, (domain: string) => Partial<Parameters<typeof send>[0]>> = {
  'one that was written elsewhere and is passed on': () => ({ isWrittenHere: false }),
  'one without From': () => ({ content: Buffer.from('Subject: x\r\n\r\nRed ones.\r\n') }),
  'one with two From': (domain) => ({
    content: Buffer.from(`${from(domain)}From: eve@example.net\r\n\r\nRed ones.\r\n`),
  }),
  'one with authors of two domains': (domain) => ({
    content: Buffer.from(`From: anna@${domain}, eve@example.net\r\n\r\nRed ones.\r\n`),
  }),
  'one by somebody of another domain': () => ({ content: Buffer.from('From: eve@example.net\r\n\r\nRed ones.\r\n') }),
  'one with a header of a megabyte': (domain) => ({
    content: Buffer.from(`${from(domain, `X: ${'x'.repeat(900)}\r\n`.repeat(1100))}\r\nRed ones.\r\n`),
  }),
}
for (const [what, changed] of Object.entries(UNSIGNED))
  test(`leaves, and not signed: ${what}`, async (t) => {
    const host = await hosted(t)
    const sink = await leaving(t)
    const letter = written(host.domain, `${from(host.domain)}\r\nRed ones.\r\n`)
    const content = (changed(host.domain).content ?? letter.content) as Buffer
    await hasLeft(await send({ ...letter, ...changed(host.domain) }))
    assert.deepEqual(contentsOf(sink), [content.toString('latin1')])
  })

const keyOf = (value: string): string => value.replace(/.*p=/, '')

/** What stands at the name of a key that is not to sign. */
const NOT_RIGHT: Record<string, (value: string) => NameServer['zone'][string] | undefined> = {
  nothing: () => undefined,
  'another key': (value) => ({ TXT: [value.replace(/p=.{8}/, 'p=AAAAAAAA')] }),
  'a revoked key': () => ({ TXT: ['v=DKIM1; p='] }),
  'two texts': (value) => ({ TXT: [value, value] }),
  'a key for tests (t=y)': (value) => ({ TXT: [`${value}; t=y`] }),
  'a key for another hash': (value) => ({ TXT: [`${value}; h=sha1`] }),
  'a key of another kind': (value) => ({ TXT: [value.replace(/k=\w+/, 'k=other')] }),
  'a key for other services': (value) => ({ TXT: [`${value}; s=tlsrpt`] }),
  'a tag twice': (value) => ({ TXT: [`${value}; p=${keyOf(value)}`] }),
  'no tags at all': () => ({ TXT: ['hello'] }),
  'a text of another kind': () => ({ TXT: ['v=spf1 -all'] }),
  'a name server that fails': () => 'SERVFAIL',
  'a name server that says nothing': () => 'silent',
}
for (const [what, stands] of Object.entries(NOT_RIGHT))
  test(`no key signs while the DNS has ${what}`, async (t) => {
    const host = await hosted(t, false)
    for (const { name, value } of await recordsOf(host)) {
      const known = stands(value)
      if (known !== undefined) host.names.zone[name] = known
    }
    await keep(host)
    assert.equal(countSigned(await leavesNow(t, host.domain)), 0)
    await publish(host)
    assert.equal(countSigned(await leavesNow(t, host.domain)), 2)
  })

test('a record written in other ways that mean the same is right', async (t) => {
  const host = await hosted(t, false)
  for (const { name, value } of await recordsOf(host)) {
    const [, kind = '', key = ''] = /k=(\w+); p=(.*)/.exec(value) ?? []
    host.names.zone[name] = {
      TXT: [` p=${key.replace(/(.{40})/g, '$1 ')} ;k=${kind};h=sha1:sha256; s=email ; t=s; n=x ;`],
    }
  }
  await keep(host)
  assert.deepEqual(
    (await lookAtRecords(storage, config, host.dns, host.domain))
      .filter(({ record }) => record.kind === 'dkim')
      .map(({ standing }) => standing),
    ['right', 'right'],
  )
})

test('a record that vanishes keeps its key signing for an hour, and a name server that is silent for ever', async (t) => {
  const host = await hosted(t)
  t.after(() => shiftClock(0))
  const signedNow = async (): Promise<number> => countSigned(await leavesNow(t, host.domain))
  const zone = { ...host.names.zone }
  for (const name of Object.keys(zone)) host.names.zone[name] = 'SERVFAIL'
  await keep(host)
  shiftClock(DAY)
  assert.equal(await signedNow(), 2, 'nobody has said that it is gone')
  for (const name of Object.keys(zone)) delete host.names.zone[name]
  await keep(host)
  assert.equal(await signedNow(), 2, 'one bad answer does not count')
  shiftClock(DAY + 3700)
  await keep(host)
  assert.equal(await signedNow(), 0)
  Object.assign(host.names.zone, zone)
  await keep(host)
  assert.equal(await signedNow(), 2)
})

test('keys change by themselves: the new ones sign once the DNS has them, and what the old ones signed verifies', async (t) => {
  const host = await hosted(t)
  t.after(() => shiftClock(0))
  const sendOne = (): Promise<string> => leavesNow(t, host.domain)
  const verify = async (content: string): Promise<string[]> => {
    const [signatures] = await verifyElsewhere([content], host.names.address)
    bothGood(signatures, host.domain)
    return (signatures ?? []).map(({ selector }) => selector)
  }
  const first = await verify(await sendOne())

  const rotated = 181 * DAY
  shiftClock(rotated)
  await keep(host)
  assert.equal((await recordsOf(host)).length, 4, 'new ones are shown')
  const between = await sendOne()
  assert.deepEqual(await verify(between), first, 'the old ones go on signing')
  await keep(host)
  assert.equal((await recordsOf(host)).length, 4, 'and no others are made while they wait')

  await publish(host)
  const second = await verify(await sendOne())
  assert.ok(first.every((selector) => !second.includes(selector)))
  assert.deepEqual(await verify(between), first, 'what is under way')
  const { rows } = await storage.database.sql<{ state: string; has: boolean }>`
    select state, private_key is not null as has from dkim_key where domain = ${host.domain} order by created_at, state`
  assert.deepEqual(
    rows.map(({ state, has }) => [state, has]),
    [
      ['retired', false],
      ['retired', false],
      ['signing', true],
      ['signing', true],
    ],
  )
  const needs = async (): Promise<string[]> => (await recordsOf(host)).map(({ need }) => need)
  assert.deepEqual(await needs(), ['needed', 'needed', 'kept', 'kept'])
  shiftClock(rotated + 15 * DAY)
  await keep(host)
  assert.deepEqual(await needs(), ['needed', 'needed', 'removable', 'removable'])
  for (const { name, need } of await recordsOf(host)) if (need === 'removable') delete host.names.zone[name]
  await keep(host)
  assert.deepEqual(await needs(), ['needed', 'needed'])
  assert.deepEqual(await verify(await sendOne()), second)
})

test('two processes that look at once make one pair of keys', async (t) => {
  const host = await hosted(t)
  t.after(() => shiftClock(0))
  shiftClock(181 * DAY)
  await Promise.all(Array.from({ length: 4 }, () => keep(host)))
  assert.equal((await recordsOf(host)).length, 4)
})

test('letters of the service and notifications leave signed by the domain above their host', async (t) => {
  const host = await hosted(t)
  const sink = await startSink(t, {
    script: { RCPT: (argument) => (argument.includes('nobody') ? refuse : undefined) },
  })
  await delivering(t, { sinks: { 'example.org': sink }, settings: { hostname: `mail.${host.domain}` } })
  await send({
    ...written(host.domain, `${from(host.domain)}\r\nRed ones.\r\n`),
    to: ['nobody@example.org'],
    mailFrom: 'carl@example.org',
  })
  const own = await sendOwnLetter(storage, {
    to: 'bea@example.org',
    from: `noreply@${host.domain}`,
    subject: 'Ihr Code',
    text: 'Der Code lautet 123456.\n',
    language: 'de',
  })
  await hasLeft(own)
  await until('both are there', () => sink.letters.length === 2)
  assert.ok(contentsOf(sink).some((content) => content.includes('multipart/report')))
  for (const signatures of await verifyElsewhere(contentsOf(sink), host.names.address))
    bothGood(signatures, host.domain)
})

const refuse = (socket: { write(text: string): unknown }): void => void socket.write('550 5.1.1 Nobody\r\n')

test('a letter to people here stays as it is', async (t) => {
  const host = await hosted(t)
  const anna = await person()
  await delivering(t, {})
  await hasLeft(await send({ ...written(host.domain, `${from(host.domain)}\r\nRed ones.\r\n`), to: [anna.address] }))
  const [content = ''] = await inboxOf(anna)
  assert.equal(countSigned(content), 0)
})

const PASSED_ON: [what: string, isWrittenHere: boolean, signatures: number][] = [
  ['of somebody here is signed as any other', true, 2],
  ['that came from elsewhere in the name of somebody here is not', false, 0],
]
for (const [what, isWrittenHere, signatures] of PASSED_ON)
  test(`what goes on for a closed account: a letter ${what}`, async (t) => {
    const host = await hosted(t)
    const anna = await person()
    await addRecovery(storage, anna, `${anna.id}@one.example`)
    const terms = closingTerms(config.closing, now(), 30)
    await closeAccount(storage, await storage.openAccount(anna.id), { terms, closedBy: 'owner' }, async () => undefined)
    const sink = await startSink(t)
    await delivering(t, { sinks: { 'one.example': sink } })
    const letter = written(host.domain, `${from(host.domain)}\r\nRed ones.\r\n`)
    await hasLeft(await send({ ...letter, to: [anna.address], accountId: anna.id, isTraced: true, isWrittenHere }))
    await until('it has arrived outside', () => sink.count === 1)
    const [content = ''] = contentsOf(sink)
    assert.match(content, /^Delivered-To: /m)
    assert.equal(countSigned(content), signatures)
    const [found] = await verifyElsewhere([content], host.names.address)
    if (signatures === 2) bothGood(found, host.domain)
  })

test('what somebody hands in leaves signed by their domain', async (t) => {
  const host = await hosted(t)
  const address = `anna@${host.domain}`
  const id = await createAccount(storage, { address, password: 'a long enough password' }, async () => undefined)
  const account = await storage.openAccount(id)
  const sink = await leaving(t)
  const tools = { storage, config, ...openTestInspection(t, config) }
  const content = Buffer.from(`From: Anna <Anna@${host.domain.toUpperCase()}>\r\nSubject: Grüße\r\n\r\nRed ones.\r\n`)
  const recipients = [{ address: 'bea@example.org' }]
  const checked = await checkSubmission(tools, account, { mailFrom: address, recipients, content })
  const letter = await account.write((tx) => submit(tx, checked))
  wakeQueue(storage)
  await hasLeft(letter)
  const [signatures] = await verifyElsewhere(contentsOf(sink), host.names.address)
  bothGood(signatures, host.domain)
})
