/** Letters that leave by way of signed zones, policies and certificates, and the lies that are told about them. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { readTlsSessions } from '#mail/transport'
import { shiftClock, today } from '#system'
import { makeCertificate, tlsaOf, type MadeCertificate } from '#test/certificates'
import { config, delivering, hasLeft, inboxOf, isPutOff, person, send, statesOf, storage, until } from '#test/delivery'
import { policyText, startPolicyPage, type PolicyPage } from '#test/network/policy-page'
import { freePort } from '#test/network/program'
import { startNetwork } from '#test/network/start'
import { startSink, type Sink, type SinkOptions } from '#test/sink'
import type { OutgoingLetter } from './letter.ts'

const PATIENCE = { connectMs: 20_000, setupMs: 20_000, silenceMs: 20_000, letterMs: 20_000 }
const [MX, SECOND, WEB] = ['127.0.2.1', '127.0.2.2', '127.0.2.3']
const port = await freePort(MX)
const stsPort = await freePort(WEB)

const root = await makeCertificate({ names: ['Web Root'], isAuthority: true })
const authority = join(config.dataFolder, 'web-root.pem')
writeFileSync(authority, root.cert)
const between = await makeCertificate({
  names: ['Own Authority'],
  isAuthority: true,
  issuer: await makeCertificate({ names: ['Own Root'], isAuthority: true }),
})

/** Every domain of the test has the hosts mx and second, at the same addresses. */
const HOSTS = [
  `mx A ${MX}`,
  `second A ${SECOND}`,
  `mta-sts A ${WEB}`,
  '_smtp._tls TXT "v=TLSRPTv1; rua=mailto:tls@reports.example"',
]
const policyRecord = (id = 'a1'): string => `_mta-sts TXT "v=STSv1; id=${id};"`

const of = (domain: string, issuer?: MadeCertificate, days?: readonly [number, number]): Promise<MadeCertificate> =>
  makeCertificate({ names: [`mx.${domain}`, `second.${domain}`], ...(issuer && { issuer }), ...(days && { days }) })

const own = await of('one.example')
const other = await of('one.example')
const byAuthority = await of('one.example', between)
const elsewhere = await of('elsewhere.example', between)
const web = await of('sts.example', root)
const webElsewhere = await of('elsewhere.example', root)
const webEnded = await of('sts.example', root, [-90, -1])

const network = await startNetwork(
  { after },
  {
    'one.example': { records: [] },
    'sts.example': { is: 'unsigned', records: [] },
    'plain.example': { is: 'unsigned', records: ['@ MX 10 mx', ...HOSTS, `_${port}._tcp.mx TLSA ${tlsaOf(own)}`] },
    'forged.example': { is: 'bogus', records: ['@ MX 10 mx', ...HOSTS, `t TLSA ${tlsaOf(own)}`] },
  },
)

const settings = {
  dns: { servers: [network.resolver] },
  fetch: { allow: [`${WEB}:${stsPort}`], authority },
}

const sinkAt = (
  t: TestContext,
  host: string,
  certificate?: MadeCertificate,
  options: SinkOptions = {},
): Promise<Sink> => startSink(t, { ...options, host, port, ...(certificate && { certificate }) })

/** Sends one letter through a delivery of its own. @returns what became of it, and what was counted of its domain */
async function sent(t: TestContext, domain: string, letter: Partial<OutgoingLetter> = {}) {
  await storage.database.sql`delete from tls_session`
  const delivery = await delivering(t, { settings, ports: { port, stsPort } }, PATIENCE)
  const id = await send({ to: [`bea@${domain}`], ...letter })
  await until('the attempt is over', async () =>
    (await statesOf(id)).every(({ lease, attempts }) => lease === null && attempts > 0),
  )
  const isPutOff = (await statesOf(id)).length > 0
  const { rows } = await storage.database.sql<{
    deferral: string | null
  }>`select deferral from queue_recipient where letter_id = ${id}`
  await delivery.stop()
  await storage.database.sql`delete from queue_letter`
  const [counted] = await readTlsSessions(storage, today())
  return {
    was: isPutOff ? (rows[0]?.deferral ?? 'waiting') : 'gone',
    counted: (counted?.policies ?? []).map(({ policy, successes, failures }) => [
      policy.type,
      successes,
      ...failures.map(({ type, mx }) => `${type} ${mx?.split('.', 1)[0] ?? ''}`),
    ]),
  }
}

const tlsa = (data: string): string => `_${port}._tcp.mx TLSA ${data}`

interface Case {
  records: string[]
  shows?: MadeCertificate
  /** gone, or why it waits */
  was: string
  /** whether the letter that arrived was encrypted */
  isEncrypted?: boolean
  counted: unknown[]
}

const dane: Record<string, Case> = {
  'the right certificate': {
    records: [tlsa(tlsaOf(own))],
    shows: own,
    was: 'gone',
    isEncrypted: true,
    counted: [['tlsa', 1]],
  },
  'another certificate': {
    records: [tlsa(tlsaOf(own))],
    shows: other,
    was: 'notProven',
    counted: [['tlsa', 0, 'validation-failure mx']],
  },
  'STARTTLS stripped on the way': {
    records: [tlsa(tlsaOf(own))],
    was: 'notProven',
    counted: [['tlsa', 0, 'starttls-not-supported mx']],
  },
  'a key that is to come and one that is': {
    records: [tlsa(tlsaOf(other)), tlsa(tlsaOf(own))],
    shows: own,
    was: 'gone',
    isEncrypted: true,
    counted: [['tlsa', 1]],
  },
  'an authority of its own': {
    records: [tlsa(tlsaOf(between, 2))],
    shows: byAuthority,
    was: 'gone',
    isEncrypted: true,
    counted: [['tlsa', 1]],
  },
  'that authority’s certificate for somebody else': {
    records: [tlsa(tlsaOf(between, 2))],
    shows: elsewhere,
    was: 'notProven',
    counted: [['tlsa', 0, 'certificate-host-mismatch mx']],
  },
  'records that are of no use': {
    records: [tlsa(`1 1 1 ${'ab'.repeat(32)}`)],
    shows: other,
    was: 'gone',
    isEncrypted: true,
    counted: [['tlsa', 0, 'tlsa-invalid mx']],
  },
  'records that are of no use, and STARTTLS stripped': {
    records: [tlsa(`1 1 1 ${'ab'.repeat(32)}`)],
    was: 'notProven',
    counted: [['tlsa', 0, 'starttls-not-supported mx']],
  },
  'a record that is forged': {
    records: [`_${port}._tcp.mx CNAME t.forged.example.`],
    shows: own,
    was: 'notProven',
    counted: [['tlsa', 0, 'dnssec-invalid mx']],
  },
  'a record that nobody vouches for': {
    records: [`_${port}._tcp.mx CNAME _${port}._tcp.mx.plain.example.`],
    shows: other,
    was: 'gone',
    isEncrypted: true,
    counted: [['no-policy-found', 1]],
  },
  none: {
    records: [],
    was: 'gone',
    isEncrypted: false,
    counted: [['no-policy-found', 0, 'starttls-not-supported mx']],
  },
}
for (const [what, { records, shows, was, isEncrypted, counted }] of Object.entries(dane))
  test(`DANE: ${what}: ${was}`, async (t) => {
    await network.change('one.example', ['@ MX 10 mx', ...HOSTS, ...records])
    const sink = await sinkAt(t, MX, shows)
    assert.deepEqual(await sent(t, 'one.example'), { was, counted })
    assert.deepEqual(
      sink.letters.map((letter) => letter.isEncrypted),
      was === 'gone' ? [isEncrypted] : [],
    )
  })

test('DANE: an alias that is proven leads to where the record stands, and to the name that the certificate bears', async (t) => {
  await network.change('one.example', ['@ MX 10 alias', 'alias CNAME mx', ...HOSTS, tlsa(tlsaOf(between, 2))])
  const sink = await sinkAt(t, MX, byAuthority)
  assert.equal((await sent(t, 'one.example')).was, 'gone')
  assert.equal(sink.count, 1)
})

test('DANE: an alias that leads to an unsigned zone has its record at the name that is proven (RFC 7672 §2.2.2)', async (t) => {
  const alias = ['@ MX 10 alias', 'alias CNAME mx.plain.example.', ...HOSTS]
  await network.change('one.example', [...alias, `_${port}._tcp.alias TLSA ${tlsaOf(own)}`])
  const bad = await sinkAt(t, MX, other)
  assert.deepEqual(await sent(t, 'one.example'), {
    was: 'notProven',
    counted: [['tlsa', 0, 'validation-failure alias']],
  })
  await bad.close()
  const good = await sinkAt(t, MX, own)
  assert.equal((await sent(t, 'one.example')).was, 'gone')
  assert.deepEqual([bad.count, good.count], [0, 1])
})

test('of a domain that asks for no reports nothing is counted (RFC 8460 §3)', async (t) => {
  const unasked = HOSTS.filter((line) => !line.startsWith('_smtp'))
  await network.change('one.example', ['@ MX 10 mx', ...unasked, tlsa(tlsaOf(own))])
  await sinkAt(t, MX, own)
  assert.deepEqual(await sent(t, 'one.example'), { was: 'gone', counted: [] })
})

test('DANE: a server that proves nothing is left for the next one of the domain', async (t) => {
  await network.change('one.example', [
    '@ MX 10 mx',
    '@ MX 20 second',
    ...HOSTS,
    tlsa(tlsaOf(own)),
    `_${port}._tcp.second TLSA ${tlsaOf(own)}`,
  ])
  const [bad, good] = [await sinkAt(t, MX, other), await sinkAt(t, SECOND, own)]
  assert.deepEqual(await sent(t, 'one.example'), { was: 'gone', counted: [['tlsa', 1, 'validation-failure mx']] })
  assert.deepEqual([bad.count, good.count], [0, 1])
})

test('DANE: a record that changes, lies and disappears', async (t) => {
  const sink = await sinkAt(t, MX, own)
  const steps: [records: string[], was: string][] = [
    [[tlsa(tlsaOf(own))], 'gone'],
    [[tlsa(tlsaOf(other))], 'notProven'],
    [[], 'gone'],
    [[tlsa(tlsaOf(own))], 'gone'],
  ]
  for (const [records, was] of steps) {
    await network.change('one.example', ['@ MX 10 mx', ...HOSTS, ...records])
    assert.equal((await sent(t, 'one.example')).was, was)
  }
  assert.equal(sink.count, 3)
})

test('a domain whose zone is forged gets no letter; one that is not signed gets it as before', async (t) => {
  const sink = await sinkAt(t, MX, other)
  assert.equal((await sent(t, 'forged.example')).was, 'nameServersSilent')
  assert.equal(sink.count, 0)
  assert.equal((await sent(t, 'plain.example')).was, 'gone')
  assert.equal(sink.letters[0]?.isEncrypted, true)
})

test('a resolver that does not answer holds letters back, and gives nothing away', async (t) => {
  const sink = await sinkAt(t, MX, own)
  const delivery = await delivering(t, {
    settings: { ...settings, dns: { servers: ['127.0.0.1:1'] } },
    ports: { port, stsPort },
  })
  const id = await send({ to: ['bea@one.example'] })
  await isPutOff(id)
  await delivery.stop()
  assert.equal(sink.count, 0)
})

// MTA-STS

const page = await startPolicyPage(
  { after },
  {
    host: WEB,
    port: stsPort,
    certificate: await makeCertificate({ names: ['mta-sts.sts.example', 'mta-sts.one.example'], issuer: root }),
  },
)

const policy = (mode: string, host = 'mx.sts.example', maxAge?: number): string => policyText(mode, [host], maxAge)

const forget = (): Promise<unknown> => storage.database.sql`delete from sts_policy`.then(() => undefined)

interface StsCase {
  page: PolicyPage
  shows?: MadeCertificate
  was: string
  counted: unknown[]
}

const sts: Record<string, StsCase> = {
  'enforced, the right certificate': {
    page: { text: policy('enforce') },
    shows: web,
    was: 'gone',
    counted: [['sts', 1]],
  },
  'enforced for all hosts of a domain': {
    page: { text: policy('enforce', '*.sts.example') },
    shows: web,
    was: 'gone',
    counted: [['sts', 1]],
  },
  'enforced, a certificate for another host': {
    page: { text: policy('enforce') },
    shows: webElsewhere,
    was: 'notProven',
    counted: [['sts', 0, 'certificate-host-mismatch mx']],
  },
  'enforced, a certificate that has ended': {
    page: { text: policy('enforce') },
    shows: webEnded,
    was: 'notProven',
    counted: [['sts', 0, 'certificate-expired mx']],
  },
  'enforced, a certificate of nobody': {
    page: { text: policy('enforce') },
    shows: own,
    was: 'notProven',
    counted: [['sts', 0, 'certificate-not-trusted mx']],
  },
  'enforced, STARTTLS stripped on the way': {
    page: { text: policy('enforce') },
    was: 'notProven',
    counted: [['sts', 0, 'starttls-not-supported mx']],
  },
  'enforced, a host that it does not name': {
    page: { text: policy('enforce', 'other.sts.example') },
    shows: web,
    was: 'notProven',
    counted: [['sts', 0, 'validation-failure mx']],
  },
  'tested, a certificate of nobody': {
    page: { text: policy('testing') },
    shows: own,
    was: 'gone',
    counted: [['sts', 0, 'certificate-not-trusted mx']],
  },
  'tested, STARTTLS stripped on the way': {
    page: { text: policy('testing') },
    was: 'gone',
    counted: [['sts', 0, 'starttls-not-supported mx']],
  },
  none: { page: { text: policy('none') }, shows: own, was: 'gone', counted: [['no-policy-found', 1]] },
  'a lie in place of a policy': {
    page: { text: '<html>Buy now</html>' },
    shows: own,
    was: 'gone',
    counted: [['sts', 0, 'sts-policy-invalid mx']],
  },
  'a policy that is a web page': {
    page: { text: policy('enforce'), type: 'text/html' },
    shows: own,
    was: 'gone',
    counted: [['sts', 0, 'sts-policy-invalid mx']],
  },
  'a policy of a megabyte': {
    page: { text: policy('enforce') + 'x: y\n'.repeat(200_000) },
    shows: own,
    was: 'gone',
    counted: [['sts', 0, 'sts-policy-invalid mx']],
  },
  'a policy that leads elsewhere': {
    page: { text: '', status: 302, location: '/elsewhere.txt' },
    shows: own,
    was: 'gone',
    counted: [['sts', 0, 'sts-policy-fetch-error mx']],
  },
  'a policy under a certificate of nobody': {
    page: { text: policy('enforce'), certificate: own },
    shows: own,
    was: 'gone',
    counted: [['sts', 0, 'sts-webpki-invalid mx']],
  },
}
for (const [what, { page: given, shows, was, counted }] of Object.entries(sts))
  test(`MTA-STS: ${what}: ${was}`, async (t) => {
    await forget()
    await network.change('sts.example', ['@ MX 10 mx', ...HOSTS, policyRecord()])
    page.now = given
    const sink = await sinkAt(t, MX, shows)
    assert.deepEqual(await sent(t, 'sts.example'), { was, counted })
    assert.equal(sink.count, was === 'gone' ? 1 : 0)
  })

test('MTA-STS: a policy that was read once counts until it ends, though record and page disappear or lie', async (t) => {
  t.after(() => shiftClock(0))
  await forget()
  page.now = { text: policy('enforce', 'mx.sts.example', 86_400) }
  await network.change('sts.example', ['@ MX 10 mx', ...HOSTS, policyRecord()])
  const sink = await sinkAt(t, MX, own)
  assert.equal((await sent(t, 'sts.example')).was, 'notProven')

  const lies: [records: string[], page: PolicyPage][] = [
    [[], { text: '', status: 404 }],
    [[policyRecord('b2')], { text: '', status: 404 }],
    [[policyRecord('b2')], { text: 'version: STSv1\r\nmode: none\r\nmax_age: 1\r\n', certificate: own }],
    [[policyRecord('b2')], { text: 'nothing of the kind' }],
    [[policyRecord('b2'), policyRecord('c3')], { text: policy('none') }],
  ]
  for (const [records, lie] of lies) {
    page.now = lie
    await network.change('sts.example', ['@ MX 10 mx', ...HOSTS, ...records])
    assert.equal((await sent(t, 'sts.example')).was, 'notProven')
  }
  assert.equal(sink.count, 0)
  await network.change('sts.example', ['@ MX 10 mx', ...HOSTS])
  shiftClock(86_401)
  assert.equal((await sent(t, 'sts.example')).was, 'gone')
})

test('MTA-STS: a policy that changes is read anew when its record says so', async (t) => {
  await forget()
  page.now = { text: policy('enforce') }
  await network.change('sts.example', ['@ MX 10 mx', ...HOSTS, policyRecord('a1')])
  const sink = await sinkAt(t, MX, own)
  assert.equal((await sent(t, 'sts.example')).was, 'notProven')
  page.now = { text: policy('testing') }
  assert.equal((await sent(t, 'sts.example')).was, 'notProven')
  await network.change('sts.example', ['@ MX 10 mx', ...HOSTS, policyRecord('a2')])
  assert.equal((await sent(t, 'sts.example')).was, 'gone')
  assert.equal(sink.count, 1)
})

test('MTA-STS: DANE goes before it, where it holds and where it does not (RFC 8461 §2)', async (t) => {
  await forget()
  page.now = { text: policy('enforce', '*.one.example') }
  const sink = await sinkAt(t, MX, own)
  await network.change('one.example', ['@ MX 10 mx', ...HOSTS, policyRecord(), tlsa(tlsaOf(own))])
  assert.deepEqual(await sent(t, 'one.example'), { was: 'gone', counted: [['tlsa', 1]] })
  await sink.close()
  const webbed = await sinkAt(t, MX, await of('one.example', root))
  assert.deepEqual(await sent(t, 'one.example'), { was: 'notProven', counted: [['tlsa', 0, 'validation-failure mx']] })
  assert.equal(webbed.count, 0)
})

// REQUIRETLS

const EXTENSIONS = ['8BITMIME', 'SIZE 10000000', 'DSN', 'ENHANCEDSTATUSCODES']

test('REQUIRETLS: a letter that wants it is given to a server that is proven and promises the same (RFC 8689 §4.2.1)', async (t) => {
  await network.change('one.example', ['@ MX 10 mx', ...HOSTS, tlsa(tlsaOf(own))])
  const sink = await sinkAt(t, MX, own, { extensions: [...EXTENSIONS, 'REQUIRETLS'] })
  assert.equal((await sent(t, 'one.example', { isTlsRequired: true })).was, 'gone')
  assert.match(sink.letters[0]?.parameters[0] ?? '', /(?:^| )REQUIRETLS(?: |$)/)
  assert.deepEqual(sink.complaints, [])
  assert.equal((await sent(t, 'one.example')).was, 'gone')
  assert.doesNotMatch(sink.letters[1]?.parameters[0] ?? '', /REQUIRETLS/)
})

const without: Record<string, { domain: string; extensions: string[]; shows?: MadeCertificate }> = {
  'does not promise the same': { domain: 'one.example', extensions: EXTENSIONS, shows: own },
  'is proven by nobody': { domain: 'plain.example', extensions: [...EXTENSIONS, 'REQUIRETLS'], shows: own },
  'has no TLS': { domain: 'plain.example', extensions: EXTENSIONS },
}
for (const [what, { domain, extensions, shows }] of Object.entries(without))
  test(`REQUIRETLS: a letter that wants it comes back from a server that ${what}`, async (t) => {
    const anna = await person()
    await network.change('one.example', ['@ MX 10 mx', ...HOSTS, tlsa(tlsaOf(own))])
    const sink = await sinkAt(t, MX, shows, { extensions })
    await delivering(t, { settings, ports: { port, stsPort } }, PATIENCE)
    await hasLeft(
      await send({
        to: [`bea@${domain}`],
        isTlsRequired: true,
        mailFrom: anna.address,
        accountId: anna.id,
        language: 'en',
      }),
    )
    await until('the notification is filed', async () => (await inboxOf(anna)).length > 0)
    const [notice = ''] = await inboxOf(anna)
    assert.match(notice, /^Status: 5\.7\.30\r$/m)
    assert.match(notice, /encrypted only/)
    // RFC 8689 §5: the letter itself does not travel in a notification.
    assert.doesNotMatch(notice, /Red ones/)
    assert.equal(sink.count, 0)
  })

test('TLS-Required: No: a letter that would rather arrive does, whatever its destination demands (RFC 8689 §3)', async (t) => {
  await network.change('one.example', ['@ MX 10 mx', ...HOSTS, tlsa(tlsaOf(own))])
  const sink = await sinkAt(t, MX, other)
  const content = Buffer.from('Subject: Your certificate\r\nTLS-Required: No\r\n\r\nIs broken.\r\n')
  assert.equal((await sent(t, 'one.example', { content })).was, 'gone')
  assert.equal((await sent(t, 'one.example', { content, isTlsRequired: true })).was, 'notProven')
  assert.equal((await sent(t, 'one.example')).was, 'notProven')
  assert.equal(sink.count, 1)
})
