/** Each kind of record against what the DNS may say of it, hostile and odd answers among it. */
import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import { openDns, type Config } from '#system'
import { openTestStorage, testDatabase } from '#test/database'
import { startNameServer, type NameServer, type Zone } from '#test/name-server'
import { putRecord } from '#test/zone'
import {
  createDomain,
  lookAtRecords,
  ownMtaStsPolicy,
  zoneLines,
  type DnsRecord,
  type RecordKind,
  type SeenRecord,
} from '../index.ts'

const storage = await openTestStorage({ after })
const { config: settings } = await testDatabase()
const D = 'tulips.example'
const HOST = 'zegel.test'
const FOUR = '198.51.100.7'
const SIX = '2001:db8:5::7'
const config: Config = { ...settings, addresses: [FOUR, SIX] }
await createDomain(storage, D)

const look = async (names: NameServer, with_: Partial<Config> = {}): Promise<SeenRecord[]> =>
  lookAtRecords(storage, { ...config, ...with_ }, openDns({ dns: { servers: [names.address] } }, 500), D)

/** What becomes of one kind of record in a zone: standings and notes in order. */
async function standings(t: TestContext, kind: RecordKind, zone: Zone, with_: Partial<Config> = {}): Promise<string[]> {
  const seen = await look(await startNameServer(t, zone), with_)
  return seen
    .filter(({ record }) => record.kind === kind)
    .map(({ standing, note }) => (note === undefined ? standing : `${standing} ${note}`))
}

const HERE: Zone = { [HOST]: { A: [FOUR], AAAA: [SIX] } }
const mx = (...names: string[]): { exchange: string; preference: number }[] =>
  names.map((exchange, i) => ({ exchange, preference: 10 * (i + 1) }))
const long = 'x'.repeat(40_000)

interface Case {
  what: string
  zone: Zone
  is: string[]
  with?: Partial<Config>
}

const CASES: Partial<Record<RecordKind, Case[]>> = {
  address: [
    { what: 'both addresses', zone: HERE, is: ['right', 'right'] },
    { what: 'one of them', zone: { [HOST]: { A: [FOUR] } }, is: ['right', 'missing'] },
    { what: 'another server’s', zone: { [HOST]: { A: ['192.0.2.1'], AAAA: [SIX] } }, is: ['wrong', 'right'] },
    {
      what: 'another server beside ours',
      zone: { [HOST]: { A: [FOUR, '192.0.2.1'], AAAA: ['2001:DB8:5:0::7'] } },
      is: ['right alsoElsewhere', 'right'],
    },
    { what: 'aliases in a circle', zone: { [HOST]: { CNAME: HOST } }, is: ['missing', 'missing'] },
    { what: 'nobody knows them', zone: {}, with: { addresses: [] }, is: ['missing addressUnknown'] },
  ],
  reverse: [
    {
      what: 'our name',
      zone: {
        '7.100.51.198.in-addr.arpa': { PTR: [HOST] },
        '7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.5.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa': { PTR: ['ZEGEL.Test'] },
      },
      is: ['right', 'right'],
    },
    {
      what: 'the provider’s name',
      zone: { '7.100.51.198.in-addr.arpa': { PTR: ['static-7.provider.example'] } },
      is: ['wrong', 'missing'],
    },
  ],
  mx: [
    { what: 'ours', zone: { [D]: { MX: mx(HOST) } }, is: ['right'] },
    { what: 'ours in capitals', zone: { [D]: { MX: mx('ZEGEL.TEST') } }, is: ['right'] },
    { what: 'none', zone: { [D]: { TXT: ['x'] } }, is: ['missing'] },
    { what: 'elsewhere', zone: { [D]: { MX: mx('mx.other.example') } }, is: ['wrong'] },
    { what: 'elsewhere first', zone: { [D]: { MX: mx('mx.other.example', HOST) } }, is: ['wrong'] },
    { what: 'elsewhere after ours', zone: { [D]: { MX: mx(HOST, 'mx.other.example') } }, is: ['right alsoElsewhere'] },
    {
      what: 'elsewhere as much as ours',
      zone: { [D]: { MX: [...mx(HOST), ...mx('mx.other.example')] } },
      is: ['wrong'],
    },
    {
      what: 'another name of ours',
      zone: { ...HERE, [D]: { MX: mx('mx.tulips.example') }, 'mx.tulips.example': { A: [FOUR] } },
      is: ['right otherName'],
    },
    { what: 'no mail is taken (RFC 7505)', zone: { [D]: { MX: mx('.') } }, is: ['wrong noMail'] },
    {
      what: 'a name that leads in a circle',
      zone: { [D]: { MX: mx('a.example') }, 'a.example': { CNAME: 'b.example' }, 'b.example': { CNAME: 'a.example' } },
      is: ['wrong'],
    },
    {
      what: 'ninety elsewhere',
      zone: { [D]: { MX: mx(...Array.from({ length: 90 }, (_, i) => `m${i}.example`)) } },
      is: ['wrong'],
    },
    { what: 'no answer', zone: { [D]: 'SERVFAIL' }, is: ['silent'] },
    { what: 'garbage', zone: { [D]: 'garbage' }, is: ['silent'] },
  ],
  spf: [
    { what: 'what is proposed', zone: { ...HERE, [D]: { TXT: ['v=spf1 mx -all'], MX: mx(HOST) } }, is: ['right'] },
    {
      what: 'what is proposed, while MX leads elsewhere',
      zone: { [D]: { TXT: ['v=spf1 mx -all'], MX: mx('mx.other.example') }, 'mx.other.example': { A: ['192.0.2.1'] } },
      is: ['wrong byMx'],
    },
    { what: 'our addresses', zone: { [D]: { TXT: [`v=spf1 ip4:${FOUR} ip6:2001:db8:5::/48 ~all`] } }, is: ['right'] },
    { what: 'one of two', zone: { [D]: { TXT: [`v=spf1 ip4:${FOUR} -all`] } }, is: ['wrong'] },
    { what: 'neutral to us', zone: { [D]: { TXT: ['v=spf1 ?all'] } }, is: ['wrong'] },
    {
      what: 'an include of what names us',
      zone: {
        [D]: { TXT: ['v=spf1 include:s.example -all'] },
        's.example': { TXT: [`v=spf1 ip4:${FOUR} ip6:${SIX}`] },
      },
      is: ['right'],
    },
    {
      what: 'a redirect to what names us',
      zone: { [D]: { TXT: ['v=spf1 redirect=s.example'] }, 's.example': { TXT: [`v=spf1 ip4:${FOUR} ip6:${SIX}`] } },
      is: ['right'],
    },
    {
      what: 'an include of itself',
      zone: { [D]: { TXT: [`v=spf1 include:${D} -all`] } },
      is: ['wrong tooManyLookUps'],
    },
    {
      what: 'eleven includes',
      zone: {
        [D]: { TXT: [`v=spf1 ${Array.from({ length: 11 }, (_, i) => `include:i${i}.example`).join(' ')} -all`] },
        ...Object.fromEntries(
          Array.from({ length: 11 }, (_, i) => [`i${i}.example`, { TXT: ['v=spf1 ip4:192.0.2.1'] }]),
        ),
      },
      is: ['wrong tooManyLookUps'],
    },
    {
      what: 'an include that does not answer',
      zone: { [D]: { TXT: ['v=spf1 include:s.example'] }, 's.example': 'SERVFAIL' },
      is: ['silent'],
    },
    { what: 'two records', zone: { [D]: { TXT: ['v=spf1 mx -all', 'v=spf1 -all'] } }, is: ['wrong several'] },
    { what: 'anybody', zone: { [D]: { TXT: ['v=spf1 +all'] } }, is: ['wrong anybody'] },
    { what: 'a form that is none', zone: { [D]: { TXT: ['v=spf1 ip4:tulips -all'] } }, is: ['wrong broken'] },
    {
      what: 'only other texts, one of them huge',
      zone: { [D]: { TXT: ['google-site-verification=x', long] } },
      is: ['missing'],
    },
    {
      what: 'a smarthost sends',
      zone: { [D]: { TXT: ['v=spf1 include:s.example -all'] }, 's.example': { TXT: ['v=spf1 ip4:192.0.2.1'] } },
      with: { smarthost: { host: 'relay.example', port: 587, tls: 'starttls' } },
      is: ['right smarthost'],
    },
  ],
  dmarc: [
    { what: 'reject', zone: { [`_dmarc.${D}`]: { TXT: ['v=DMARC1; p=reject'] } }, is: ['right'] },
    {
      what: 'quarantine with a report',
      zone: { [`_dmarc.${D}`]: { TXT: [`v=DMARC1;p=Quarantine;rua=mailto:a@${D}`] } },
      is: ['right'],
    },
    { what: 'only watching', zone: { [`_dmarc.${D}`]: { TXT: ['v=DMARC1; p=none'] } }, is: ['right dmarcNone'] },
    { what: 'a test', zone: { [`_dmarc.${D}`]: { TXT: ['v=DMARC1; p=reject; t=y'] } }, is: ['right dmarcNone'] },
    { what: 'of nothing', zone: { [`_dmarc.${D}`]: { TXT: ['v=DMARC1; p=reject; pct=0'] } }, is: ['right dmarcNone'] },
    {
      what: 'no policy',
      zone: { [`_dmarc.${D}`]: { TXT: ['v=DMARC1; rua=mailto:a@b.example'] } },
      is: ['wrong broken'],
    },
    { what: 'a tag twice', zone: { [`_dmarc.${D}`]: { TXT: ['v=DMARC1; p=none; p=reject'] } }, is: ['wrong broken'] },
    {
      what: 'two',
      zone: { [`_dmarc.${D}`]: { TXT: ['v=DMARC1; p=none', 'v=DMARC1; p=reject'] } },
      is: ['wrong several'],
    },
    { what: 'another text', zone: { [`_dmarc.${D}`]: { TXT: ['v=DMARC2; p=reject', long] } }, is: ['missing'] },
    {
      what: 'of the domain above',
      zone: { '_dmarc.example': { TXT: ['v=DMARC1; p=none; sp=reject'] } },
      is: ['right inherited'],
    },
    { what: 'a broken one above', zone: { '_dmarc.example': { TXT: ['v=DMARC1; p=what'] } }, is: ['missing'] },
  ],
  tlsRpt: [
    {
      what: 'an address',
      zone: { [`_smtp._tls.${D}`]: { TXT: ['v=TLSRPTv1;rua=mailto:tls@b.example'] } },
      is: ['right'],
    },
    {
      what: 'a page',
      zone: { [`_smtp._tls.${D}`]: { TXT: ['v=TLSRPTv1; rua=https://r.example/v1, mailto:a@b.example'] } },
      is: ['right'],
    },
    { what: 'nowhere', zone: { [`_smtp._tls.${D}`]: { TXT: ['v=TLSRPTv1; rua=gopher:x'] } }, is: ['wrong broken'] },
    { what: 'none', zone: {}, is: ['missing'] },
  ],
  srv: [
    {
      what: 'elsewhere, another port, switched off, several',
      zone: {
        [`_submissions._tcp.${D}`]: { SRV: [{ priority: 0, weight: 1, port: 465, target: 'mail.other.example' }] },
        [`_imaps._tcp.${D}`]: { SRV: [{ priority: 5, weight: 9, port: 993, target: 'ZEGEL.test' }] },
        [`_imap._tcp.${D}`]: { SRV: [{ priority: 0, weight: 0, port: 0, target: '.' }] },
        [`_pop3s._tcp.${D}`]: { SRV: [{ priority: 0, weight: 0, port: 0, target: '.' }] },
        [`_pop3._tcp.${D}`]: { SRV: [{ priority: 0, weight: 0, port: 110, target: HOST }] },
        [`_sieve._tcp.${D}`]: { SRV: [{ priority: 0, weight: 0, port: 4190, target: HOST }] },
        [`_autodiscover._tcp.${D}`]: { SRV: [{ priority: 0, weight: 0, port: 443, target: HOST }] },
      },
      with: {
        submission: { port: 587, tlsPort: 465 },
        imap: { ...settings.imap, port: 143, tlsPort: 993 },
        pop3: { ...settings.pop3, port: 110, tlsPort: 995 },
        managesieve: { ...settings.managesieve, port: 4190 },
        https: { port: 443 },
      },
      is: ['wrong', 'missing', 'right', 'right', 'wrong', 'right', 'right', 'missing', 'right'],
    },
    {
      what: 'Outlook is sent elsewhere, by another port',
      zone: {
        [`_jmap._tcp.${D}`]: { SRV: [{ priority: 0, weight: 1, port: 443, target: HOST }] },
        [`_autodiscover._tcp.${D}`]: { SRV: [{ priority: 0, weight: 1, port: 8443, target: HOST }] },
      },
      // A proxy listens on the usual port, whatever the settings have.
      with: { proxies: ['192.0.2.1'], https: { port: 8443 } },
      is: [...Array<string>(7).fill('missing'), 'right', 'wrong'],
    },
  ],
  autoconfig: [
    {
      what: 'an alias, and our address',
      zone: { [`autoconfig.${D}`]: { CNAME: HOST }, [`autodiscover.${D}`]: { A: [FOUR] } },
      is: ['right', 'right'],
    },
    {
      what: 'an alias of an alias, and elsewhere',
      zone: {
        ...HERE,
        [`autoconfig.${D}`]: { CNAME: 'a.example' },
        'a.example': { CNAME: HOST },
        [`autodiscover.${D}`]: { A: ['192.0.2.1'] },
      },
      is: ['right', 'wrong'],
    },
    {
      what: 'aliases in a circle',
      zone: {
        [`autoconfig.${D}`]: { CNAME: `autodiscover.${D}` },
        [`autodiscover.${D}`]: { CNAME: `autoconfig.${D}` },
      },
      is: ['wrong', 'wrong'],
    },
  ],
  caa: [
    { what: 'nobody has told who issues', zone: {}, is: [] },
    ...(
      [
        ['nothing', [], 'missing'],
        ['only where to complain', [{ flags: 0, tag: 'iodef', value: 'mailto:a@b.example' }], 'missing'],
        ['another one', [{ flags: 0, tag: 'issue', value: 'other.example' }], 'wrong'],
        ['nobody', [{ flags: 0, tag: 'issue', value: ';' }], 'wrong'],
        [
          'ours beside another',
          [
            { flags: 0, tag: 'issue', value: 'other.example' },
            { flags: 128, tag: 'issue', value: 'CA.example' },
          ],
          'right',
        ],
        [
          'another account',
          [{ flags: 0, tag: 'issue', value: 'ca.example; accounturi=https://ca.example/2' }],
          'wrong',
        ],
        [
          'our account',
          [{ flags: 0, tag: 'issue', value: 'ca.example; validationmethods=http-01; accounturi=https://ca.example/1' }],
          'right',
        ],
      ] as const
    ).map(([what, CAA, is]) => ({
      what,
      zone: { [D]: { CAA: [...CAA] } },
      with: { tls: { issuer: 'ca.example', issuerAccount: 'https://ca.example/1' } },
      is: [is],
    })),
  ],
}
for (const [kind, cases] of Object.entries(CASES))
  for (const { what, zone, with: given, is } of cases)
    test(`${kind}: ${what}`, async (t) => {
      assert.deepEqual(await standings(t, kind as RecordKind, zone, given), is)
    })

test('MTA-STS: the id follows the policy, whose record is right, old, broken or there twice', async (t) => {
  const proposed = (await look(await startNameServer(t, {})))
    .map(({ record }) => record)
    .find(({ kind, type }) => kind === 'mtaSts' && type === 'TXT') as DnsRecord
  assert.match(proposed.value, /^v=STSv1; id=[0-9a-f]{32};$/)
  const name = `_mta-sts.${D}`
  const alias: Zone = { [`mta-sts.${D}`]: { CNAME: HOST } }
  const enforced: Partial<Config> = { mtaSts: { mode: 'enforce' } }
  const told = (TXT: string[], given?: Partial<Config>): Promise<string[]> =>
    standings(t, 'mtaSts', { ...alias, [name]: { TXT } }, given)
  assert.deepEqual(await told([proposed.value]), ['right mtaStsTesting', 'right'])
  assert.deepEqual(await told([proposed.value], enforced), ['wrong policyOld', 'right'])
  assert.deepEqual(await told([proposed.value, 'v=STSv1; id=1']), ['wrong several', 'right'])
  assert.deepEqual(await told(['v=STSv1; id=no-id']), ['wrong broken', 'right'])
  assert.deepEqual(await told(['v=spf1 -all', long]), ['missing', 'right'])
  assert.deepEqual(await told([], { mtaSts: { mode: 'none' } }), [])
})

test('the policy names this server, and is short-lived while it is tried out', () => {
  assert.equal(
    ownMtaStsPolicy({ hostname: 'Mail.example', mtaSts: { mode: 'testing' } }),
    'version: STSv1\r\nmode: testing\r\nmx: mail.example\r\nmax_age: 86400\r\n',
  )
  assert.match(ownMtaStsPolicy({ hostname: 'mail.example', mtaSts: { mode: 'enforce' } }), /max_age: 1209600\r\n$/)
  assert.doesNotMatch(ownMtaStsPolicy({ hostname: 'mail.example', mtaSts: { mode: 'none' } }), /mx:/)
})

test('a domain that gets what it is told has nothing left to do, and its zone file says the same', async (t) => {
  const names = await startNameServer(t, {})
  const given: Partial<Config> = { tls: { issuer: 'ca.example' }, mtaSts: { mode: 'enforce' } }
  const records = (await look(names, given)).map(({ record }) => record)
  for (const record of records) putRecord(names.zone, record)
  const seen = await look(names, given)
  assert.deepEqual(
    seen.filter(({ standing }) => standing !== 'right').map(({ record }) => record.kind),
    [],
  )
  assert.deepEqual(
    seen.filter(({ note }) => note !== undefined).map(({ note }) => note),
    ['dmarcNone'],
  )
  const lines = zoneLines(records)
  assert.ok(lines.includes(`${D}. 3600 IN MX 10 ${HOST}.`))
  assert.ok(lines.includes(`${D}. 3600 IN TXT "v=spf1 mx -all"`))
  assert.ok(lines.includes(`${D}. 3600 IN CAA 0 issue "ca.example"`))
  assert.ok(lines.includes(`mta-sts.${D}. 3600 IN CNAME ${HOST}.`))
  assert.ok(lines.includes(`_imap._tcp.${D}. 3600 IN SRV 0 0 0 .`))
  assert.ok(lines.includes(`_autodiscover._tcp.${D}. 3600 IN SRV 0 1 ${config.https.port} ${HOST}.`))
  assert.equal(lines.length, records.length)
})

test('what is found is cut short where it is long', async (t) => {
  const names = await startNameServer(t, { [`_dmarc.${D}`]: { TXT: [`v=DMARC1; p=none; x=${'y'.repeat(2000)}`] } })
  const dmarc = (await look(names)).find(({ record }) => record.kind === 'dmarc')
  assert.equal(dmarc?.found[0]?.length, 600)
})
