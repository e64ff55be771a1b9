import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { after, test } from 'node:test'
import { decrypt, readMessage, type PrivateKey } from 'openpgp'
import { createStandardMailboxes } from '#mail'
import { nowMs, shiftClock } from '#system'
import { ownAccesses } from '#trust/access'
import { canonical } from '#trust/signing'
import { publishReport, readReport, signedReport } from '#trust/transparency'
import { asAdministrator } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { authorityKey, court, DRISS, ILSE, inDays, legalDesk } from '#test/legal'
import { addPerson, addRecovery } from '#test/people'
import { promised } from '#test/promises'
import { queuedLetters } from '#test/queue'
import { checkRegister, keepDates } from './index.ts'

const { config: settings, url } = await testDatabase()
const config = {
  ...settings,
  operator: { ...settings.operator, name: 'Verein Post', contact: 'Am Deich 1', country: 'BE' },
}
const storage = await openTestStorage({ after })
const { sql } = storage.database
const DAY_SECONDS = 86_400
const { call, tickAll } = legalDesk(storage, config)

async function person() {
  const found = await addPerson(storage, {}, createStandardMailboxes)
  return { ...found, account: await storage.openAccount(found.id) }
}

const declined = (reason: string) => (error: { reason: string; fields: string[] }) => {
  assert.deepEqual([error.reason, error.fields], ['forbidden', [reason]])
  return true
}

const open = async (armored: string, privateKey: PrivateKey) =>
  (await decrypt({ message: await readMessage({ armoredMessage: armored }), decryptionKeys: privateKey }))
    .data as string

test('a request of another country is refused, and told the way it can take; whether the account exists is not looked at', async () => {
  const { address, account } = await person()
  const shown = await call('legal.receive', {
    ...court,
    country: 'FR',
    authority: 'Police, Lille',
    kind: 'police',
    accounts: [address],
    language: 'fr',
  })
  assert.deepEqual([shown.stage, shown.verdict], ['toRefuse', { answer: 'refuse', reason: 'foreign' }])
  const letter = await call<{ reason: string; text: string; subject: string }>('legal.refuse', { case: shown.id })
  assert.equal(letter.reason, 'foreign')
  assert.match(letter.text, /entraide judiciaire/)
  assert.match(letter.text, /Belgique/)
  assert.match(letter.text, /GE20\.F1\.1234/)
  assert.match(letter.text, /Verein Post/)
  assert.deepEqual(await ownAccesses(storage, account, { limit: 10 }), [])
  const sent = await call<{ text: string }>('legal.letter', { case: shown.id, isSent: true })
  assert.equal(sent.text, letter.text)
  const queued = (await queuedLetters(storage, 0)).find(({ recipients }) => recipients[0]?.address === court.replyTo)
  assert.ok(queued)
  await assert.rejects(call('legal.refuse', { case: shown.id }), { reason: 'expired' })
})

const REFUSED: [what: string, change: object, reason: string][] = [
  ['an agency of another country', { country: 'US', kind: 'intelligence' }, 'foreign'],
  ['a lawyer of the country itself', { kind: 'private' }, 'private'],
  ['a lawyer of another country', { kind: 'private', country: 'DE' }, 'private'],
  ['a court that asks for letters', { fields: ['content'] }, 'content'],
  ['a court that wants to listen in', { fields: ['interception', 'content'] }, 'content'],
  ['an order that names no provision', { basis: null, basisNamed: 'public interest' }, 'noBasis'],
  ['a provision that there is none of', { basis: 'be-1' }, 'noBasis'],
  ['a prosecutor who asks for traffic by a judge’s provision', { kind: 'prosecutor', fields: ['journal'] }, 'noBasis'],
  ['a provision for who it is, used for when they signed in', { basis: 'be-46bis', fields: ['signIns'] }, 'noBasis'],
  ['police who use a provision of the prosecutor’s', { kind: 'police', basis: 'be-46bis' }, 'noBasis'],
  ['an account that there is none of', { accounts: ['nobody@zegel.test'] }, 'accountUnknown'],
]
for (const [what, change, reason] of REFUSED)
  test(`${what} cannot be given anything (${reason}), however many sign`, async () => {
    const { address } = await person()
    const { publicKey: key } = await authorityKey()
    const shown = await call('legal.receive', { ...court, accounts: [address], key, ...change })
    assert.deepEqual(shown.verdict, { answer: 'refuse', reason })
    await tickAll(shown)
    for (const staff of [DRISS, ILSE])
      await assert.rejects(call('legal.propose', { case: shown.id }, staff), declined(reason))
    await assert.rejects(call('legal.sign', { case: shown.id }, ILSE), { reason: 'notFound' })
    await assert.rejects(call('legal.preserve', { case: shown.id }), declined(reason))
    const { record } = await call('legal.show', { case: shown.id })
    assert.equal(record.filter(({ kind, reason: why }) => kind === 'attempt' && why === reason).length, 3)
    assert.equal((await call<{ reason: string }>('legal.refuse', { case: shown.id })).reason, reason)
  })

const HOSTILE: [what: string, change: object][] = [
  ['no account', { accounts: [] }],
  ['more accounts than one order names', { accounts: Array.from({ length: 21 }, (_, i) => `a${i}@zegel.test`) }],
  ['a name of two lines', { authority: 'Court\nof appeal' }],
  ['a name that a terminal would obey', { authority: 'Court\u001b[2J' }],
  ['a name without end', { authority: 'x'.repeat(201) }],
  ['a country of three letters', { country: 'BEL' }],
  ['a verdict that is typed', { verdict: { answer: 'release' } }],
  ['a field that is not promised', { fields: ['password'] }],
  ['nothing asked for', { fields: [] }],
  ['an address to answer to that is two', { replyTo: 'a@b.example, c@d.example' }],
  ['a scan that is a page with a script', { scan: { name: 'a', type: 'text/html', bytes: 'AAAA' } }],
  ['a scan larger than ten megabytes', { scan: { name: 'a', type: 'application/pdf', bytes: 'A'.repeat(14_000_000) } }],
  ['a period that ends before it begins', { from: inDays(0), to: inDays(-1) }],
  ['an order to preserve that names nothing', { wants: 'preservation', preserveUntil: inDays(9) }],
]
for (const [what, change] of HOSTILE)
  test(`nothing is taken in with ${what}`, async () => {
    const before = await checkRegister(storage)
    await assert.rejects(call('legal.receive', { ...court, accounts: ['a@zegel.test'], ...change }))
    assert.deepEqual(await checkRegister(storage), before)
  })

test('a key to which nothing can be sealed is not taken: none, a private one, one that has ended', async (t) => {
  t.after(() => shiftClock(0))
  const ended = await authorityKey(new Date(nowMs() - 2 * DAY_SECONDS * 1000), DAY_SECONDS)
  const soon = await authorityKey(new Date(nowMs() - 1000), DAY_SECONDS)
  for (const key of ['none', ended.publicKey, soon.privateKey.armor()])
    await assert.rejects(call('legal.receive', { ...court, accounts: ['a@zegel.test'], key }), {
      reason: 'invalid',
      fields: ['key'],
    })
  const { address } = await person()
  const shown = await tickAll(await call('legal.receive', { ...court, accounts: [address], key: soon.publicKey }))
  shiftClock(2 * DAY_SECONDS)
  await assert.rejects(call('legal.propose', { case: shown.id }), declined('keyUnusable'))
})

test(promised(2), async () => {
  const { address, id, password, account } = await person()
  await addRecovery(storage, { id, password }, 'outside@example.org')
  const { publicKey: key, privateKey } = await authorityKey()
  const asked = {
    ...court,
    accounts: [address, 'nobody@zegel.test'],
    fields: ['addresses', 'external', 'content'],
    key,
  }
  const scan = {
    name: 'order.pdf',
    type: 'application/pdf',
    bytes: Buffer.from('%PDF-1.7 order').toString('base64url'),
  }
  const shown = await call('legal.receive', { ...asked, scan })
  assert.equal(shown.verdict.answer, 'release')
  assert.deepEqual(await call('legal.scan', { case: shown.id }), scan)

  await assert.rejects(call('legal.propose', { case: shown.id }), declined('checksMissing'))
  const reading = { case: shown.id, check: 'secondReader', isTrue: true }
  await assert.rejects(call('legal.check', reading), declined('samePerson'))
  assert.equal((await tickAll(shown)).stage, 'toPropose')
  assert.deepEqual((await call<{ counts: object }>('legal.propose', { case: shown.id })).counts, {
    addresses: 1,
    created: null,
    external: 1,
    signIns: null,
    journal: null,
  })
  await assert.rejects(call('legal.sign', { case: shown.id }), declined('samePerson'))
  assert.equal((await call('legal.show', { case: shown.id })).stage, 'toSign', 'it takes nothing from the proposal')
  await assert.rejects(
    call('legal.export', { case: shown.id }),
    { reason: 'notFound' },
    'nothing leaves with one signature',
  )

  const sealed = await call<{ json: string; text: string }>('legal.sign', { case: shown.id }, ILSE)
  const released = JSON.parse(await open(sealed.json, privateKey)) as {
    accounts: Record<string, unknown>[]
    unknown: string[]
    neverGiven: string[]
  }
  assert.deepEqual(
    Object.keys(released.accounts[0] ?? {}).toSorted(),
    ['addresses', 'asked', 'external'],
    'what was asked for, and no more',
  )
  assert.deepEqual([released.unknown, released.neverGiven], [['nobody@zegel.test'], ['content']])
  const words = await open(sealed.text, privateKey)
  assert.match(words, /outside@example\.org/)
  assert.match(words, /Inhoud van brieven|De inhoud van brieven/)
  assert.deepEqual(await call('legal.export', { case: shown.id }, ILSE), sealed)

  const looks = await ownAccesses(storage, account, { limit: 10 })
  assert.deepEqual(
    looks.map(({ by, purpose, reference, fields }) => [by, purpose, reference, fields.join()]),
    [
      ...Array.from({ length: 2 }, () => ['legal', 'requests', shown.id, 'addresses,external']),
      ['legal', 'requests', shown.id, 'state'],
    ],
  )
  const told = (await queuedLetters(storage, 0)).filter(({ content }) => content.includes(shown.id))
  assert.deepEqual(
    told.map(({ recipients }) => recipients[0]?.address).toSorted(),
    [address, 'outside@example.org'].toSorted(),
  )

  const { record, stage } = await call('legal.show', { case: shown.id })
  assert.equal(stage, 'closed')
  assert.deepEqual(
    record.filter(({ kind }) => !/check/.test(kind)).map(({ kind, reason, staff }) => [kind, reason, staff].join(' ')),
    [
      'received  1',
      'identified  1',
      'attempt checksMissing 1',
      'attempt samePerson 1',
      'proposed  1',
      'attempt samePerson 1',
      'signed  2',
      'released  ',
      'noticeGiven  ',
    ],
  )
  const { rows } = await sql<{ text: string }>`
    select coalesce(string_agg(e::text, ' '), '') || (select string_agg(d::text, ' ') from legal_detail d) as text from legal_event e`
  assert.doesNotMatch(
    rows[0]?.text ?? '',
    /Gent|outside|GE20|zegel\.test/,
    'what says something about somebody is sealed',
  )
})

test('a proposal is void when anything of the case has changed', async () => {
  const { address } = await person()
  const { publicKey: key } = await authorityKey()
  const shown = await tickAll(await call('legal.receive', { ...court, accounts: [address], key }))
  await call('legal.propose', { case: shown.id })
  await call('legal.check', { case: shown.id, check: 'offence', isTrue: false })
  await assert.rejects(call('legal.sign', { case: shown.id }, ILSE), { reason: 'notFound' })
  await assert.rejects(call('legal.propose', { case: shown.id }), declined('checksMissing'))
  await call('legal.check', { case: shown.id, check: 'offence', isTrue: true })
  await assert.rejects(call('legal.refuse', { case: shown.id }), declined('mustAnswer'))
  await call('legal.propose', { case: shown.id })
  // What would leave is another: the account is older than it said.
  await sql`update account set created_at = created_at - interval '1 day'`
  await assert.rejects(call('legal.sign', { case: shown.id }, ILSE), declined('changed'))
})

test('two who sign at once release once', async () => {
  const { address } = await person()
  const { publicKey: key } = await authorityKey()
  const shown = await tickAll(await call('legal.receive', { ...court, accounts: [address], key }))
  await call('legal.propose', { case: shown.id })
  const signed = await Promise.allSettled([1, 2, 3].map(() => call('legal.sign', { case: shown.id }, ILSE)))
  assert.equal(signed.filter(({ status }) => status === 'fulfilled').length, 1)
  const { record } = await call('legal.show', { case: shown.id })
  assert.equal(record.filter(({ kind }) => kind === 'released').length, 1)
})

test('what lacks its form is refused with what it lacks', async () => {
  const { address } = await person()
  const shown = await call('legal.receive', { ...court, accounts: [address], language: 'de' })
  for (const { name, isByAnother } of shown.checks)
    if (name !== 'original')
      await call('legal.check', { case: shown.id, check: name, isTrue: true }, isByAnother ? ILSE : DRISS)
  const { reason, text } = await call<{ reason: string; text: string }>('legal.refuse', { case: shown.id })
  assert.equal(reason, 'formalDefect')
  assert.match(text, /- Unterschrift und Stempel/)
  assert.doesNotMatch(text, /- Behörde durch Rückruf/)
})

test('an order keeps a look and its notice from the person until its day, at most as long as is promised; then both come by themselves', async (t) => {
  t.after(() => shiftClock(0))
  const { address, account } = await person()
  const { publicKey: key } = await authorityKey()
  const shown = await tickAll(
    await call('legal.receive', { ...court, accounts: [address], key, silentUntil: inDays(4000) }),
  )
  await call('legal.propose', { case: shown.id })
  await call('legal.sign', { case: shown.id }, ILSE)
  const notices = async () => (await queuedLetters(storage, 0)).filter(({ content }) => content.includes(shown.id))
  shiftClock(364 * DAY_SECONDS)
  await keepDates(storage, config)
  assert.deepEqual([await ownAccesses(storage, account, { limit: 10 }), await notices()], [[], []])
  shiftClock(366 * DAY_SECONDS)
  const both = await Promise.all([keepDates(storage, config), keepDates(storage, config)])
  assert.ok(both.some(({ noticed }) => noticed === 1))
  assert.equal((await ownAccesses(storage, account, { limit: 10 })).length, 3)
  assert.equal((await notices()).length, 1)
})

test(promised(3), async () => {
  await publishReport(storage, config)
  const text = await signedReport(storage)
  const { signature, ...report } = JSON.parse(text ?? '{}') as Awaited<ReturnType<typeof publishReport>>
  const key = createPublicKey({ key: { ...report.key }, format: 'jwk' })
  assert.ok(verify(null, Buffer.from(canonical(report)), key, Buffer.from(signature, 'base64url')))
  assert.ok(!verify(null, Buffer.from(canonical({ ...report, version: 2 })), key, Buffer.from(signature, 'base64url')))
  // Counted anew, by the database and in other words.
  const { rows } = await sql<Record<string, number>>`
    select count(*) filter (where kind = 'received')::int as received, count(*) filter (where kind = 'released')::int as answered,
      count(*) filter (where kind = 'refused')::int as refused, coalesce(sum(accounts) filter (where kind = 'released'), 0)::int as accounts,
      count(*) filter (where kind = 'preserved')::int as preservations, count(*) filter (where kind = 'noticeDelayed')::int as "noticesDelayed"
    from legal_event`
  const published = (await readReport(storage))?.halfYears ?? []
  const totals = Object.fromEntries(
    Object.keys(rows[0] ?? {}).map((name) => [
      name,
      published.reduce((all, half) => all + half[name as 'received'], 0),
    ]),
  )
  assert.deepEqual(totals, rows[0])
  const { rows: reasons } = await sql<{ country: string; reason: string; count: number }>`
    select country, reason, count(*)::int as count from legal_event where kind = 'refused' group by 1, 2 order by 1, 2`
  const counted = new Map<string, number>()
  for (const { origins } of published)
    for (const { country, reasons: of } of origins)
      for (const [reason, count] of Object.entries(of))
        counted.set(`${country} ${reason}`, (counted.get(`${country} ${reason}`) ?? 0) + count)
  assert.deepEqual(
    Object.fromEntries(counted),
    Object.fromEntries(reasons.map((row) => [`${row.country} ${row.reason}`, row.count])),
  )
  assert.doesNotMatch(text ?? '', /@|Gent|GE20|Lille|case/)
})

const TAMPERED: [what: string, statement: string][] = [
  [
    'a reason is made another',
    "update legal_event set reason = 'foreign' where kind = 'refused' and reason = 'noBasis'",
  ],
  [
    'an event is taken out',
    "delete from legal_event where kind = 'attempt' and number = (select min(number) from legal_event where kind = 'attempt')",
  ],
  ['an event is moved to another time', "update legal_event set at = at - interval '1 year' where number = 7"],
  ['a number of accounts is smaller', "update legal_event set accounts = 0 where kind = 'released'"],
  [
    'details are put in the place of others',
    'update legal_detail d set sealed = (select sealed from legal_detail where number = 2) where number = 3',
  ],
]
for (const [what, statement] of TAMPERED)
  test(`the chain of the register breaks when ${what}`, async () => {
    const before = await checkRegister(storage)
    assert.ok(before.brokenAt === null && before.events > 20)
    const database = new URL(url).searchParams.get('db') ?? undefined
    await asAdministrator(url, 'create table kept_event as table legal_event', database)
    await asAdministrator(url, 'create table kept_detail as table legal_detail', database)
    try {
      await asAdministrator(
        url,
        `alter table legal_detail drop constraint if exists legal_detail_number_fkey`,
        database,
      )
      await asAdministrator(url, statement, database)
      assert.notEqual((await checkRegister(storage)).brokenAt, null)
    } finally {
      await asAdministrator(
        url,
        `truncate legal_detail, legal_event; insert into legal_event table kept_event; insert into legal_detail table kept_detail;
         drop table kept_event, kept_detail`,
        database,
      )
    }
    assert.deepEqual(await checkRegister(storage), before)
  })

test('details that have ended leave the chain whole', async () => {
  await sql`delete from legal_detail where case_id = '2026-1'`
  assert.equal((await checkRegister(storage)).brokenAt, null)
  const shown = await call('legal.show', { case: '2026-1' })
  assert.equal(shown.record[0]?.kind, 'received')
})
