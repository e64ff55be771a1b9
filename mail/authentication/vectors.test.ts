/** Letters and keys as the RFCs print them: RFC 6376 Appendix A, RFC 8463 Appendix A; and DMARC as its sections have it. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, test } from 'node:test'
import { dkimSign, type DKIMSignOptions } from 'mailauth'
import { startNameServer, type Zone } from '#test/name-server'
import { authenticate, openLookUp, type Authenticated } from './index.ts'

const BODY = 'Hi.\r\n\r\nWe lost the game. Are you hungry yet?\r\n\r\nJoe.\r\n'
const HEADER = [
  'From: Joe SixPack <joe@football.example.com>',
  'To: Suzie Q <suzie@shopping.example.net>',
  'Subject: Is dinner ready?',
  'Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)',
  'Message-ID: <20030712040037.46341.5F8J@football.example.com>',
]

/** RFC 6376 A.2, with its key of A.3 (C in later errata): 1024 bits, simple/simple. */
const RSA = [
  'DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;',
  '      c=simple/simple; q=dns/txt; i=joe@football.example.com;',
  '      h=Received : From : To : Subject : Date : Message-ID;',
  '      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;',
  '      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB',
  '        4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut',
  '        KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV',
  '        4bmp/YzhwvcubU4=;',
  'Received: from client1.football.example.com  [192.0.2.1]',
  '      by submitserver.example.com with SUBMISSION;',
  '      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)',
  ...HEADER,
]

/** RFC 8463 A.3: signed with Ed25519 and with RSA. */
const BOTH = [
  'DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;',
  ' d=football.example.com; i=@football.example.com;',
  ' q=dns/txt; s=brisbane; t=1528637909; h=from : to :',
  ' subject : date : message-id : from : subject : date;',
  ' bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;',
  ' b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus',
  ' Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==',
  'DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;',
  ' d=football.example.com; i=@football.example.com;',
  ' q=dns/txt; s=test; t=1528637909; h=from : to : subject :',
  ' date : message-id : from : subject : date;',
  ' bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;',
  ' b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3',
  ' DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz',
  ' dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=',
  ...HEADER,
]

const ed = generateKeyPairSync('ed25519')
const edRecord = `v=DKIM1; k=ed25519; p=${ed.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')}`

const zone: Zone = {
  'brisbane._domainkey.example.com': {
    TXT: [
      'v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB',
    ],
  },
  'brisbane._domainkey.football.example.com': {
    TXT: ['v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='],
  },
  'test._domainkey.football.example.com': {
    TXT: [
      'v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB',
    ],
  },
  // DMARC: who asks for what.
  '_dmarc.reject.example': { TXT: ['v=DMARC1; p=reject'] },
  '_dmarc.strict.example': { TXT: ['v=DMARC1; p=reject; adkim=s; aspf=s'] },
  '_dmarc.below.example': { TXT: ['v=DMARC1; p=none; sp=quarantine'] },
  '_dmarc.two.example': { TXT: ['v=DMARC1; p=reject', 'v=DMARC1; p=none'] },
  '_dmarc.odd.example': { TXT: ['p=reject; v=DMARC1'] },
  '_dmarc.co.example': { TXT: ['v=DMARC1; p=reject; psd=y'] },
  '_dmarc.silent.example': 'SERVFAIL',
  's._domainkey.reject.example': { TXT: [edRecord] },
  's._domainkey.mail.reject.example': { TXT: [edRecord] },
  's._domainkey.strict.example': { TXT: [edRecord] },
  's._domainkey.mail.strict.example': { TXT: [edRecord] },
  's._domainkey.other.example': { TXT: [edRecord] },
  'mail.reject.example': { TXT: ['v=spf1 +all'] },
  'mail.strict.example': { TXT: ['v=spf1 +all'] },
  'strict.example': { TXT: ['v=spf1 +all'] },
  'other.example': { TXT: ['v=spf1 +all'] },
}
const names = await startNameServer({ after }, zone)
const lookUps = openLookUp([names.address])

const verify = (content: Buffer | string, mailFrom = 'joe@nowhere.example'): Promise<Authenticated> =>
  authenticate(
    Buffer.from(content),
    { clientAddress: '198.51.100.9', heloName: 'client.example', mailFrom },
    'zegel.test',
    lookUps.forLetter(),
  )
const letterOf = (header: readonly string[], body = BODY): string => `${header.join('\r\n')}\r\n\r\n${body}`

test('the letter of RFC 6376 A.2 verifies, and no other text does', async () => {
  assert.deepEqual((await verify(letterOf(RSA))).dkim, [
    { result: 'pass', domain: 'example.com', selector: 'brisbane' },
  ])
  const changes: Record<string, string> = {
    'a word of the body': letterOf(RSA, BODY.replace('hungry', 'angry')),
    'a space, which "simple" does not forgive': letterOf(RSA).replace('Is dinner', 'Is  dinner'),
    'a signed field': letterOf(RSA).replace('To: Suzie', 'To: Susan'),
  }
  for (const [what, text] of Object.entries(changes)) assert.equal((await verify(text)).dkim[0]?.result, 'fail', what)
  assert.equal(
    (await verify(letterOf(['X-Other: field', ...RSA]))).dkim[0]?.result,
    'pass',
    'a field that is not signed',
  )
})

test('the letter of RFC 8463 A.3 verifies by both of its keys, each by itself', async () => {
  const domain = 'football.example.com'
  assert.deepEqual((await verify(letterOf(BOTH))).dkim, [
    { result: 'pass', domain, selector: 'brisbane' },
    { result: 'pass', domain, selector: 'test' },
  ])
  const spaced = letterOf(BOTH).replace('Is dinner', 'Is   dinner')
  assert.deepEqual(
    (await verify(spaced)).dkim.map(({ result }) => result),
    ['pass', 'pass'],
    '"relaxed" forgives spaces',
  )
  const broken = letterOf(BOTH).replace('b=/gCrinpc', 'b=/gCrinpd')
  assert.deepEqual(
    (await verify(broken)).dkim.map(({ result }) => result),
    ['fail', 'pass'],
  )
  const renamed = letterOf(BOTH).replaceAll('Is dinner', 'Is lunch')
  assert.deepEqual(
    (await verify(renamed)).dkim.map(({ result }) => result),
    ['fail', 'fail'],
  )
})

async function signedBy(domain: string, from: string): Promise<Buffer> {
  const content = Buffer.from(`From: ${from}\r\nSubject: Tulips\r\n\r\nRed ones.\r\n`)
  const { signatures } = await dkimSign(content, {
    canonicalization: 'relaxed/relaxed',
    signatureData: [
      {
        signingDomain: domain,
        selector: 's',
        privateKey: ed.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      },
    ],
  } as unknown as DKIMSignOptions)
  return Buffer.concat([Buffer.from(signatures), content])
}
const unsigned = (from: string): Buffer => Buffer.from(`From: ${from}\r\nSubject: Tulips\r\n\r\nRed ones.\r\n`)

interface DmarcCase {
  what: string
  content: Buffer | Promise<Buffer>
  mailFrom?: string
  result: string | undefined
  policy?: string
}

const DMARC: readonly DmarcCase[] = [
  { what: 'signed by the author’s domain', content: signedBy('reject.example', 'x@reject.example'), result: 'pass' },
  {
    what: 'signed by a domain below it, relaxed',
    content: signedBy('mail.reject.example', 'x@reject.example'),
    result: 'pass',
  },
  {
    what: 'signed by the domain above it, relaxed',
    content: signedBy('reject.example', 'x@mail.reject.example'),
    result: 'pass',
  },
  {
    what: 'signed by a domain below it, strict',
    content: signedBy('mail.strict.example', 'x@strict.example'),
    result: 'fail',
    policy: 'reject',
  },
  {
    what: 'signed by somebody else',
    content: signedBy('other.example', 'x@reject.example'),
    result: 'fail',
    policy: 'reject',
  },
  {
    what: 'whose envelope is of a domain below, relaxed',
    content: unsigned('x@reject.example'),
    mailFrom: 'y@mail.reject.example',
    result: 'pass',
  },
  {
    what: 'whose envelope is of a domain below, strict',
    content: unsigned('x@strict.example'),
    mailFrom: 'y@mail.strict.example',
    result: 'fail',
    policy: 'reject',
  },
  {
    what: 'whose envelope is of the same domain, strict',
    content: unsigned('x@strict.example'),
    mailFrom: 'y@strict.example',
    result: 'pass',
  },
  {
    what: 'whose envelope is somebody else’s',
    content: unsigned('x@reject.example'),
    mailFrom: 'y@other.example',
    result: 'fail',
    policy: 'reject',
  },
  {
    what: 'of a domain below, with a policy for those',
    content: unsigned('x@sub.below.example'),
    result: 'fail',
    policy: 'quarantine',
  },
  {
    what: 'of the domain itself beside such a policy',
    content: unsigned('x@below.example'),
    result: 'fail',
    policy: 'none',
  },
  { what: 'of a domain with two policies', content: unsigned('x@two.example'), result: 'none' },
  { what: 'of a domain whose policy has no version first', content: unsigned('x@odd.example'), result: 'none' },
  { what: 'of a domain without a policy', content: unsigned('x@nothing.example'), result: 'none' },
  { what: 'of a domain whose name server fails', content: unsigned('x@silent.example'), result: 'temperror' },
  {
    what: 'of a domain below a public suffix that is signed by its neighbour',
    content: signedBy('other.example', 'x@shop.co.example'),
    result: 'fail',
    policy: 'reject',
  },
  { what: 'without an author', content: Buffer.from('Subject: Tulips\r\n\r\nRed ones.\r\n'), result: undefined },
  {
    what: 'with an author whose name holds another address',
    content: unsigned('"y@other.example" <x@reject.example>'),
    mailFrom: 'y@other.example',
    result: 'fail',
    policy: 'reject',
  },
  {
    what: 'with an author behind a comment',
    content: unsigned('(y@other.example) x@reject.example'),
    mailFrom: 'y@other.example',
    result: 'fail',
    policy: 'reject',
  },
]
for (const { what, content, mailFrom, result, policy } of DMARC)
  test(`DMARC of a letter ${what}: ${result ?? 'cannot be told'}${policy === undefined ? '' : `, policy ${policy}`}`, async () => {
    const { dmarc } = await verify(await content, mailFrom)
    assert.equal(dmarc?.result, result)
    if (policy !== undefined) assert.equal(dmarc?.policy, policy)
  })
