/** Letters signed with keys of the test, asked about over a name server of the test. */
import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { after, test } from 'node:test'
import { dkimSign, type DKIMSignOptions } from 'mailauth'
import { startNameServer, type Zone } from '#test/name-server'
import { authenticate, openLookUp, resultsField, withoutResultsOf, type Asked, type Authenticated } from './index.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const short = generateKeyPairSync('rsa', { modulusLength: 512 })
const ed = generateKeyPairSync('ed25519')

const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()
const rsaRecord = (key: KeyObject): string =>
  `v=DKIM1; k=rsa; p=${key.export({ type: 'spki', format: 'der' }).toString('base64')}`
const edRecord = (key: KeyObject): string =>
  `v=DKIM1; k=ed25519; p=${key.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')}`

const zone: Zone = {
  'example.org': { TXT: ['v=spf1 ip4:192.0.2.1 -all'], MX: [{ exchange: 'mail.example.org', preference: 10 }] },
  '_dmarc.example.org': { TXT: ['v=DMARC1; p=reject'] },
  'r._domainkey.example.org': { TXT: [rsaRecord(rsa.publicKey)] },
  'e._domainkey.example.org': { TXT: [edRecord(ed.publicKey)] },
  'short._domainkey.example.org': { TXT: [rsaRecord(short.publicKey)] },
  'revoked._domainkey.example.org': { TXT: ['v=DKIM1; p='] },
  'soft.example': { TXT: ['v=spf1 ~all'] },
  '_dmarc.soft.example': { TXT: ['v=DMARC1; p=quarantine'] },
  'r._domainkey.soft.example': { TXT: [rsaRecord(rsa.publicKey)] },
  'loop.example': { TXT: ['v=spf1 include:loop.example -all'] },
  'many.example': {
    TXT: [
      'v=spf1 a mx ptr exists:a.many.example include:b.many.example include:c.many.example include:d.many.example include:e.many.example include:f.many.example include:g.many.example include:h.many.example -all',
    ],
  },
  'two.example': { TXT: ['v=spf1 -all', 'v=spf1 +all'] },
  'silent.example': 'silent',
  'huge.example': { TXT: Array.from({ length: 250 }, (_, i) => `${i} ${'x'.repeat(200)}`) },
  '_dmarc.huge.example': {
    TXT: Array.from({ length: 250 }, (_, i) => `v=DMARC1; p=reject; n=${i} ${'x'.repeat(200)}`),
  },
  'ring.example': { CNAME: 'ring2.example' },
  'ring2.example': { CNAME: 'ring.example' },
  'garbage.example': 'garbage',
  'broken.example': 'SERVFAIL',
  '1.2.0.192.in-addr.arpa': { PTR: ['mail.example.org'] },
  '9.2.0.192.in-addr.arpa': { PTR: ['elsewhere.example'] },
  'elsewhere.example': { A: ['198.51.100.7'] },
  'mail.example.org': { A: ['192.0.2.1'], AAAA: ['2001:db8::1'] },
  '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa': { PTR: ['mail.example.org'] },
}
const names = await startNameServer({ after }, zone)
const lookUps = openLookUp([names.address])

const from = (address: string, more = ''): Buffer =>
  Buffer.from(`From: Bea <${address}>\r\nTo: anna@zegel.test\r\nSubject: Tulips\r\n${more}\r\nRed ones.\r\n`)

async function signed(content: Buffer, domain: string, selector: string, key: KeyObject): Promise<Buffer> {
  const { signatures } = await dkimSign(content, {
    canonicalization: 'relaxed/relaxed',
    signatureData: [{ signingDomain: domain, selector, privateKey: pem(key) }],
    // The types are those of an earlier way to call it.
  } as unknown as DKIMSignOptions)
  assert.ok(signatures.length > 0)
  return Buffer.concat([Buffer.from(signatures), content])
}

const GOOD: Asked = { clientAddress: '192.0.2.1', heloName: 'mail.example.org', mailFrom: 'bea@example.org' }

const check = (content: Buffer, asked: Partial<Asked> = {}): Promise<Authenticated> =>
  authenticate(content, { ...GOOD, ...asked }, 'zegel.test', lookUps.forLetter())

interface Case {
  what: string
  content: Buffer | Promise<Buffer>
  asked?: Partial<Asked>
  spf: string
  dkim: string[]
  dmarc: string | undefined
  iprev?: string
}

const bea = from('bea@example.org')
const CASES: readonly Case[] = [
  { what: 'sent from where the domain sends', content: bea, spf: 'pass', dkim: [], dmarc: 'pass' },
  {
    what: 'sent from elsewhere',
    content: bea,
    asked: { clientAddress: '192.0.2.9' },
    spf: 'fail',
    dkim: [],
    dmarc: 'fail',
    iprev: 'fail',
  },
  {
    what: 'signed with RSA, from elsewhere',
    content: signed(bea, 'example.org', 'r', rsa.privateKey),
    asked: { clientAddress: '192.0.2.9' },
    spf: 'fail',
    dkim: ['pass'],
    dmarc: 'pass',
    iprev: 'fail',
  },
  {
    what: 'signed with Ed25519 (RFC 8463)',
    content: signed(bea, 'example.org', 'e', ed.privateKey),
    spf: 'pass',
    dkim: ['pass'],
    dmarc: 'pass',
  },
  {
    what: 'signed by another domain than that of the author',
    content: signed(bea, 'soft.example', 'r', rsa.privateKey),
    asked: { mailFrom: 'x@soft.example', clientAddress: '192.0.2.9' },
    spf: 'softfail',
    dkim: ['pass'],
    dmarc: 'fail',
    iprev: 'fail',
  },
  {
    what: 'whose signature is of a text that was changed',
    content: signed(bea, 'example.org', 'r', rsa.privateKey).then((bytes) =>
      Buffer.from(bytes.toString().replace('Red ones', 'Blue ones')),
    ),
    asked: { clientAddress: '192.0.2.9' },
    spf: 'fail',
    dkim: ['fail'],
    dmarc: 'fail',
    iprev: 'fail',
  },
  {
    what: 'whose signature is of a subject that was changed',
    content: signed(bea, 'example.org', 'r', rsa.privateKey).then((bytes) =>
      Buffer.from(bytes.toString().replace('Tulips', 'Money')),
    ),
    spf: 'pass',
    dkim: ['fail'],
    dmarc: 'pass',
  },
  {
    what: 'whose key is gone',
    content: signed(bea, 'example.org', 'gone', rsa.privateKey),
    spf: 'pass',
    dkim: ['neutral'],
    dmarc: 'pass',
  },
  {
    what: 'whose key is revoked',
    content: signed(bea, 'example.org', 'revoked', rsa.privateKey),
    spf: 'pass',
    dkim: ['neutral'],
    dmarc: 'pass',
  },
  {
    what: 'of the null sender, from where its HELO name sends',
    content: bea,
    asked: { mailFrom: '', heloName: 'example.org' },
    spf: 'pass',
    dkim: [],
    dmarc: 'pass',
  },
  {
    what: 'of a domain whose SPF includes itself',
    content: from('x@loop.example'),
    asked: { mailFrom: 'x@loop.example' },
    spf: 'permerror',
    dkim: [],
    dmarc: 'none',
  },
  {
    what: 'of a domain whose SPF asks for more than ten look-ups',
    content: from('x@many.example'),
    asked: { mailFrom: 'x@many.example' },
    spf: 'permerror',
    dkim: [],
    dmarc: 'none',
  },
  {
    what: 'of a domain with two records of SPF',
    content: from('x@two.example'),
    asked: { mailFrom: 'x@two.example' },
    spf: 'permerror',
    dkim: [],
    dmarc: 'none',
  },
  {
    what: 'of a domain whose name server fails',
    content: from('x@broken.example'),
    asked: { mailFrom: 'x@broken.example' },
    spf: 'temperror',
    dkim: [],
    dmarc: 'none',
  },
  { what: 'over IPv6', content: bea, asked: { clientAddress: '2001:db8::1' }, spf: 'fail', dkim: [], dmarc: 'fail' },
]

for (const { what, content, asked, spf, dkim, dmarc, iprev = 'pass' } of CASES)
  test(`a letter ${what}`, async () => {
    const found = await check(await content, asked)
    assert.deepEqual(
      [found.spf.result, found.dkim.map(({ result }) => result), found.dmarc?.result, found.iprev],
      [spf, dkim, dmarc, iprev],
    )
  })

test('name servers that do not answer are not waited for long, and say nothing against the sender', async () => {
  const startedAt = performance.now()
  const found = await check(from('x@silent.example'), { mailFrom: 'x@silent.example', heloName: 'silent.example' })
  assert.ok(performance.now() - startedAt < 12_000)
  assert.equal(found.spf.result, 'temperror')
})

for (const domain of ['huge.example', 'ring.example', 'garbage.example'])
  test(`answers of ${domain} are bounded, and say nothing for the sender`, async () => {
    const asked = names.questions.length
    const found = await check(from(`x@${domain}`), { mailFrom: `x@${domain}`, heloName: domain })
    assert.notEqual(found.spf.result, 'pass')
    assert.notEqual(found.dmarc?.result, 'pass')
    assert.ok(names.questions.length - asked < 30)
  })

test('hundreds of signatures cost no more than ten', async () => {
  const one = (await signed(bea, 'example.org', 'r', rsa.privateKey)).toString().split('From:')[0] as string
  const asked = names.questions.length
  const bomb = Array.from({ length: 500 }, (_, i) => one.replace('s=r;', `s=none${i};`)).join('')
  const found = await check(Buffer.concat([Buffer.from(bomb), bea]))
  assert.equal(found.isExcessive, true)
  assert.equal(found.dkim.length, 10)
  assert.ok(names.questions.length - asked < 40)
  assert.equal(found.dmarc?.result, 'pass')
})

test('a header of megabytes is not looked at for signatures', async () => {
  const found = await check(Buffer.concat([Buffer.from(`X-Long: ${'x'.repeat(1_000_000)}\r\n`), bea]))
  assert.deepEqual([found.isExcessive, found.dkim], [true, []])
})

const RESULTS: readonly [what: string, field: string, isKept: boolean][] = [
  ['of another server', 'Authentication-Results: mx.example.net; spf=pass', true],
  ['that claim to be ours', 'Authentication-Results: zegel.test; spf=pass', false],
  ['that claim to be ours in other letters', 'AUTHENTICATION-RESULTS : ZEGEL.test 1; dkim=pass', false],
  ['that claim to be ours behind a comment', 'Authentication-Results: (really \\) yes) zegel.test; spf=pass', false],
  ['that claim to be ours in quotes and over two lines', 'Authentication-Results:\r\n "zegel.te\\st"; spf=pass', false],
  ['of a server whose name ends in ours', 'Authentication-Results: not.zegel.test; spf=pass', true],
]
for (const [what, field, isKept] of RESULTS)
  test(`results ${what} ${isKept ? 'stay' : 'are taken out'}`, () => {
    const content = Buffer.from(`Subject: x\r\n${field}\r\nTo: y\r\n\r\nAuthentication-Results: zegel.test; text\r\n`)
    const left = withoutResultsOf(content, 'zegel.test').toString()
    assert.equal(left.includes(field), isKept)
    assert.ok(
      left.startsWith('Subject: x\r\n') && left.endsWith('To: y\r\n\r\nAuthentication-Results: zegel.test; text\r\n'),
    )
  })

test('what was found is a field that others can read (RFC 8601)', async () => {
  const { results } = await check(await signed(bea, 'example.org', 'r', rsa.privateKey))
  const field = resultsField('zegel.test', results)
  assert.match(field, /^Authentication-Results: zegel\.test;\r\n\tdkim=pass .*header\.d=example\.org/)
  for (const method of ['spf=pass', 'dmarc=pass', 'iprev=pass policy.iprev=192.0.2.1'])
    assert.ok(field.includes(method))
  assert.ok(field.split('\r\n').every((line) => line.length < 998))
  assert.equal(resultsField('zegel.test', undefined), 'Authentication-Results: zegel.test; none\r\n')
})
