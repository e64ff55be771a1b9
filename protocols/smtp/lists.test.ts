/** Distribution lists: from the wire to their members and back. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test, type TestContext } from 'node:test'
import { type Posting } from '#accounts'
import { addToList, createList, loadList, readInvited, readMembers, removeList, type OpenList } from '#mail/lists'
import { listQueue } from '#mail/outbound'
import { shiftClock } from '#system'
import { verifyChainsElsewhere, verifyElsewhere } from '#test/dkim-verifier'
import { startNameServer } from '#test/name-server'
import { type Person } from '#test/people'
import { queueIsEmpty } from '#test/queue'
import { startServer } from '#test/server'
import { addSigningDomain } from '#test/signing-domain'
import { reply, startSink } from '#test/sink'
import { dialSmtp } from '#test/smtp'
import { until } from '#test/until'

const names = await startNameServer(
  { after },
  {
    'good.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
    '_dmarc.good.example': { TXT: ['v=DMARC1; p=none'] },
    'outside.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
    '_dmarc.outside.example': { TXT: ['v=DMARC1; p=none'] },
  },
)
const sink = await startSink({ after })
const server = await startServer(
  { after },
  {
    routes: { 'outside.example': `127.0.0.1:${sink.port}` },
    dns: { servers: [names.address] },
    lists: { maxMembers: 5, maxLettersPerHour: 4, maxHeld: 1, most: 1, maxInvitedPerDay: 1 },
  },
  ['smtp', 'http', 'queue'],
)
const { storage, config } = server
const { sql } = storage.database
await addSigningDomain(storage, config, names, 'zegel.test')

let number = 0

async function listOf(owner: Person, posting: Posting = 'members'): Promise<OpenList> {
  const account = await storage.openAccount(owner.id)
  return createList(storage, account, { address: `garden-${++number}@zegel.test`, name: 'Gärten "am" See', posting })
}

const letterOf = (from: string, fields = ''): string =>
  `${fields}From: ${from}\r\nTo: garden@zegel.test\r\nDate: ${new Date().toUTCString()}\r\nMessage-ID: <${randomUUID()}@x.example>\r\nSubject: Tulips\r\n\r\nRed ones.\r\n`

async function bring(t: TestContext, to: string, from: string, content = letterOf(from)): Promise<string> {
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say(`MAIL FROM:<${from}>`)
  const taken = await smtp.say(`RCPT TO:<${to}>`)
  if (!taken.startsWith('250')) return taken
  await smtp.say('DATA')
  smtp.send(content)
  return smtp.say('.')
}

const cameTo = (address: string) => sink.letters.filter(({ to }) => to.includes(address))

const follow = (url: string, init: RequestInit = {}): Promise<Response> =>
  fetch(url.replace(/^https:\/\/[^/]+/, server.http), { ...init, redirect: 'manual' })

/** Puts somebody outside on a list, by the link of the letter that asks them. */
async function joined(list: OpenList, address: string): Promise<void> {
  assert.deepEqual((await addToList(storage, config, list, [address])).invited, [address])
  await until('the letter has come', () => cameTo(address).length > 0)
  const { content = '' } = cameTo(address).at(-1) ?? {}
  const text = content.replace(/=\r\n/g, '').replace(/=3D/g, '=')
  const [, link] = /(https:\/\/\S+\/list\?join=\S+)/.exec(text) ?? []
  assert.ok(link, text)
  const page = await (await follow(link)).text()
  assert.match(page, /value="join"/)
  assert.deepEqual(
    (await readMembers(list)).filter((member) => member.address === address),
    [],
    'opening the link does nothing',
  )
  const token = new URL(link).searchParams.get('join') ?? ''
  const body = new URLSearchParams({ step: 'join', link: token })
  assert.equal((await follow(link.replace(/\?.*/, ''), { method: 'POST', body })).status, 200)
  assert.ok((await readMembers(list)).some((member) => member.address === address))
  sink.letters.length = 0
}

const itemsOf = async ({ id }: Person): Promise<number> =>
  (await sql`select from item where account_id = ${id}`).rowCount

/** A list with a member here and one outside. */
async function garden(posting: Posting = 'members') {
  const [owner, inside] = [await server.createAccount(), await server.createAccount()]
  const list = await listOf(owner, posting)
  const outside = `member-${++number}@outside.example`
  await addToList(storage, config, list, [inside.address])
  await joined(list, outside)
  return { owner, inside, list, outside }
}

test('a letter that wants proven TLS all the way goes to no member to whom nothing is proven (RFC 8689 §4.2.1)', async (t) => {
  const { inside, list, outside } = await garden()
  const before = await itemsOf(inside)
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say('STARTTLS')
  await smtp.startTls()
  await smtp.say('EHLO peer.example')
  assert.match(await smtp.say(`MAIL FROM:<${outside}> REQUIRETLS`), /^250/)
  assert.match(await smtp.say(`RCPT TO:<${list.address}>`), /^250/)
  await smtp.say('DATA')
  smtp.send(letterOf(outside))
  assert.match(await smtp.say('.'), /^250/)
  await queueIsEmpty(storage)
  assert.equal((await itemsOf(inside)) - before, 1)
  assert.deepEqual(cameTo(outside), [])
})

test('a letter of a member goes to all, unchanged, signed and sealed by the domain of the list, with what programs go by', async (t) => {
  const { inside, list, outside } = await garden()
  const before = await itemsOf(inside)
  const content = letterOf(outside)
  assert.match(await bring(t, list.address, outside, content), /^250/)
  await queueIsEmpty(storage)
  assert.equal((await itemsOf(inside)) - before, 1)
  const [came, ...others] = cameTo(outside)
  assert.ok(came)
  assert.deepEqual(others, [])
  assert.ok(came.content.endsWith(content), 'byte for byte')
  const local = list.address.replace('@zegel.test', '')
  assert.match(came.from, new RegExp(`^${local}\\+b-[0-9a-z]+-[0-9a-f]{8}@zegel\\.test$`))
  const header = came.content.slice(0, -content.length).replace(/\r\n[ \t]+/g, ' ')
  assert.match(header, new RegExp(`^List-Id: =\\?utf-8\\?\\S+ .*<${local}\\.zegel\\.test>\r$`, 'im'))
  assert.match(header, new RegExp(`^List-Post: <mailto:${list.address}>\r$`, 'm'))
  assert.match(header, /^List-Unsubscribe: <https:\/\/zegel\.test\/en\/list\?leave=\S+>\r$/m)
  assert.match(header, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m)
  assert.doesNotMatch(header, /^List-Archive:/im)
  const [, help = ''] = /^List-Help: <(\S+)>\r$/m.exec(header) ?? []
  assert.match(await (await follow(help)).text(), /<h1>Distribution lists<\/h1>/, 'it leads to what explains lists')
  const [signatures] = await verifyElsewhere([came.content], names.address)
  assert.deepEqual(
    signatures?.map(({ domain, isGood }) => [domain, isGood]),
    [
      ['zegel.test', true],
      ['zegel.test', true],
    ],
  )
  assert.match(header, /DKIM-Signature:[^;]*;[^\r]*h=[^;]*list-unsubscribe:list-unsubscribe-post/, 'RFC 8058 §4')
  const [chain] = await verifyChainsElsewhere([came.content], names.address)
  assert.equal(chain?.chain, 'pass', chain?.reason)
})

test('one click, posted from no page of ours and without a cookie, takes a member off; so does the page (RFC 8058)', async (t) => {
  const { list, outside } = await garden()
  assert.match(await bring(t, list.address, outside), /^250/)
  await queueIsEmpty(storage)
  const [, link = ''] = /^List-Unsubscribe: <(\S+)>/m.exec(cameTo(outside)[0]?.content ?? '') ?? []
  assert.match(await (await follow(link)).text(), /value="leave"/)
  assert.equal((await readMembers(list)).length, 2, 'opening it does nothing')
  const headers = { Origin: 'https://elsewhere.example' }
  const body = new URLSearchParams({ 'List-Unsubscribe': 'One-Click' })
  assert.equal((await follow(link, { method: 'POST', body, headers })).status, 200)
  assert.deepEqual(
    (await readMembers(list)).map(({ address }) => address === outside),
    [false],
  )
  assert.doesNotMatch(await (await follow(link)).text(), /value="leave"/)
  for (const forged of [link.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')), link.replace(/=.*/, '=1-1-x')])
    assert.equal((await follow(forged, { method: 'POST', body })).status, 200)
  assert.equal((await readMembers(list)).length, 1)
  assert.match(await bring(t, list.address, outside), /^550 5\.7\.2 /, 'nor may they write to it any more')
})

test('who may not write to a list is refused at once, and so is what would go in a circle', async (t) => {
  const { owner, list, outside } = await garden()
  const refused: [what: string, answer: Promise<string>, expected: RegExp][] = [
    ['a stranger', bring(t, list.address, 'bea@good.example'), /^550 5\.7\.2 /],
    [
      'a member whose name was forged',
      bring(t, list.address, 'bea@good.example', letterOf(outside)),
      /^550 5\.7\.[12] /,
    ],
    ['the null sender', bring(t, list.address, '', letterOf(outside)), /^550 5\.7\.2 /],
    [
      'an answer by a machine',
      bring(t, list.address, outside, letterOf(outside, 'Auto-Submitted: auto-replied\r\n')),
      /^550 5\.7\.2 /,
    ],
    [
      'what the list has sent',
      bring(t, list.address, outside, letterOf(outside, `Delivered-To: ${list.address}\r\n`)),
      /^554 5\.4\.6 /,
    ],
    ['two authors', bring(t, list.address, outside, letterOf(`${outside}, bea@good.example`)), /^550 5\.7\.[12] /],
    ['a detail of nobody', bring(t, list.address.replace('@', '+b-1-00000000@'), ''), /^550 5\.1\.1 /],
  ]
  for (const [what, answer, expected] of refused) assert.match(await answer, expected, what)
  const announcements = await listOf(owner, 'owner')
  assert.match(await bring(t, announcements.address, outside), /^550 5\.7\.2 /)
  const open = await listOf(owner, 'anybody')
  assert.match(await bring(t, open.address, 'bea@good.example'), /^250/)
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say(`MAIL FROM:<${outside}>`)
  assert.match(await smtp.say(`RCPT TO:<${list.address}>`), /^250/)
  assert.match(await smtp.say(`RCPT TO:<${owner.address}>`), /^452 4\.5\.3 /)
})

test('a member whose letters come back on five days gets nothing more', async (t) => {
  t.after(() => shiftClock(0))
  const { inside, list, outside } = await garden('anybody')
  sink.script = { RCPT: (address) => (address.includes(outside) ? reply('550 5.1.1 Nobody') : undefined) }
  t.after(() => void (sink.script = {}))
  for (let day = 0; day < 5; day++) {
    shiftClock(day * 86_400)
    assert.equal(
      (await readMembers(list)).some(({ isPaused }) => isPaused === true),
      false,
      `day ${day}`,
    )
    assert.match(await bring(t, list.address, 'bea@good.example'), /^250/)
    await queueIsEmpty(storage)
  }
  const members = await readMembers(list)
  assert.deepEqual(
    members.map(({ address, isPaused = false }) => [address, isPaused]).toSorted(),
    [
      [inside.address, false],
      [outside, true],
    ].toSorted(),
  )
})

test('an invitation is good for fourteen days, and a list takes no more members than are set', async (t) => {
  t.after(() => shiftClock(0))
  const list = await listOf(await server.createAccount())
  const addresses = Array.from({ length: 5 }, (_, i) => `asked-${number}-${i}@outside.example`)
  await addToList(storage, config, list, addresses)
  assert.equal((await readInvited(list)).length, 5)
  await assert.rejects(addToList(storage, config, list, ['one-more@outside.example']), { reason: 'tooManyRecipients' })
  await addToList(storage, config, list, addresses.slice(0, 1))
  assert.equal((await readInvited(list)).length, 5, 'asked twice they are one')
  shiftClock(14.1 * 86_400)
  assert.deepEqual(await readInvited(list), [])
})

test('beyond so many letters an hour they wait, and nothing is lost', async (t) => {
  const { inside, list, outside } = await garden()
  const before = await itemsOf(inside)
  for (let i = 0; i < 5; i++) assert.match(await bring(t, list.address, outside), /^250/)
  await until('four have come', async () => (await itemsOf(inside)) - before === 4)
  await until('one waits', async () => (await listQueue(storage)).length === 1)
  await sql`delete from queue_letter`
})

test('an address is a list’s or an account’s, and is free when the list is removed', async () => {
  const owner = await server.createAccount()
  const account = await storage.openAccount(owner.id)
  const list = await listOf(owner)
  const name = list.address.replace('@zegel.test', '')
  await assert.rejects(server.createAccount(name), { reason: 'addressTaken' })
  for (const address of [list.address, owner.address])
    await assert.rejects(createList(storage, account, { address, name: 'x', posting: 'members' }), { reason: 'exists' })
  for (const address of ['postmaster@zegel.test', 'a+b@zegel.test', `${'x'.repeat(40)}@zegel.test`, 'x'])
    await assert.rejects(createList(storage, account, { address, name: 'x', posting: 'members' }), {
      reason: 'invalid',
    })
  await assert.rejects(createList(storage, account, { address: 'x@foreign.example', name: 'x', posting: 'members' }), {
    reason: 'domainUnknown',
  })
  await removeList(await loadList(storage, list.address))
  await server.createAccount(name)
})
