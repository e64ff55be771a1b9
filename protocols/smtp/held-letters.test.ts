/** Letters to a list that wait for its owner: held, told, accepted, refused, erased. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, test, type TestContext } from 'node:test'
import { readSettings, writeSettings, type Posting } from '#accounts'
import { addRecord } from '#items'
import {
  acceptHeld,
  addToList,
  createList,
  HELD_DAYS,
  MEMBER,
  readHeld,
  refuseHeld,
  removeList,
  tellOfHeld,
  type HeldLetter,
  type OpenList,
} from '#mail/lists'
import { enqueue, listQueue, prepareLetter, wakeQueue } from '#mail/outbound'
import { shiftClock } from '#system'
import { clockAtNoon } from '#test/clock'
import { silent } from '#test/cluster'
import { verifyChainsElsewhere, verifyElsewhere } from '#test/dkim-verifier'
import { openMailReader } from '#test/letters'
import { startNameServer } from '#test/name-server'
import { queueIsEmpty } from '#test/queue'
import { startServer } from '#test/server'
import { addSigningDomain } from '#test/signing-domain'
import { startSink } from '#test/sink'
import { dialSmtp } from '#test/smtp'
import { keepToTheRules } from '#trust/retention'

const names = await startNameServer(
  { after },
  {
    'good.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
    '_dmarc.good.example': { TXT: ['v=DMARC1; p=none'] },
    'plain.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
  },
)
const sink = await startSink({ after })
const server = await startServer(
  { after },
  {
    routes: { 'good.example': `127.0.0.1:${sink.port}`, 'outside.example': `127.0.0.1:${sink.port}` },
    dns: { servers: [names.address] },
    lists: { maxMembers: 5, maxLettersPerHour: 100, maxHeld: 2, most: 5, maxInvitedPerDay: 10 },
  },
  ['smtp', 'http', 'queue'],
)
const { storage, config } = server
const { sql } = storage.database
await addSigningDomain(storage, config, names, 'zegel.test')
afterEach(() => shiftClock(0))

let number = 0

/** A list of somebody new, with a member here who reads their mail. */
async function garden(posting: Posting = 'moderated') {
  const owner = await openMailReader(server)
  const member = await openMailReader(server)
  const address = `garden-${++number}@zegel.test`
  const list = await createList(storage, owner.account, { address, name: 'Gärten am See', posting })
  const inside = String(member.session['username'])
  await addToList(storage, config, list, [inside])
  const came = async (): Promise<number> =>
    (await sql`select from item where account_id = ${member.account.id} and kind = 'mail'`).rowCount
  return { reader: owner, owner: owner.account, inside, list, came }
}

/** Somebody outside who has said yes. */
const join = ({ account, id }: OpenList, address: string): Promise<number> =>
  account.write((tx) => addRecord(tx, { kind: MEMBER, value: { list: id, address }, lookup: `${id}/${address}` }))

const letterOf = (from: string, body = 'Red ones.'): string =>
  `From: ${from}\r\nTo: garden@zegel.test\r\nDate: ${new Date().toUTCString()}\r\nMessage-ID: <${randomUUID()}@x.example>\r\nSubject: Tulips\r\n\r\n${body}\r\n`

async function bring(t: TestContext, to: string, from: string, content = letterOf(from)): Promise<string> {
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say(`MAIL FROM:<${from}>`)
  const taken = await smtp.say(`RCPT TO:<${to}>`)
  if (!taken.startsWith('250')) return taken
  await smtp.say('DATA')
  smtp.send(content)
  return smtp.say('.')
}

/** Brings a stranger's letter, and gives what waits of it. */
async function held(t: TestContext, list: OpenList, from = 'bea@good.example', content?: string): Promise<HeldLetter> {
  assert.match(await bring(t, list.address, from, content), /^250/)
  await queueIsEmpty(storage)
  const all = await readHeld(list.account, { listId: list.id })
  const newest = all.at(-1)
  assert.ok(newest)
  return newest
}

const blobsOf = async ({ id }: { id: number }): Promise<number> =>
  (await sql`select from held_letter join blob using (account_id, blob_id) where account_id = ${id}`).rowCount

test('a stranger’s letter waits, and goes on as it came once its owner says so, signed and sealed by the domain of the list', async (t) => {
  const { list, came, owner, inside } = await garden()
  const content = letterOf('bea@good.example')
  const before = await came()
  const waiting = await held(t, list, 'bea@good.example', content)
  assert.equal(await came(), before)
  assert.deepEqual(
    [waiting.from, waiting.subject, waiting.preview, waiting.author],
    [[{ name: null, email: 'bea@good.example' }], 'Tulips', 'Red ones.', 'bea@good.example'],
  )
  const outside = `member-${number}@outside.example`
  await join(list, outside)
  await acceptHeld(storage, config, owner, waiting.id)
  await queueIsEmpty(storage)
  assert.equal((await came()) - before, 1, inside)
  const letter = sink.letters.find(({ to }) => to.includes(outside))
  assert.ok(letter !== undefined && letter.content.endsWith(content), 'byte for byte')
  assert.match(letter.content, /^List-Unsubscribe: </m)
  const [signatures] = await verifyElsewhere([letter.content], names.address)
  assert.deepEqual(
    signatures?.map(({ domain, isGood }) => [domain, isGood]),
    [
      ['zegel.test', true],
      ['zegel.test', true],
    ],
  )
  const [chain] = await verifyChainsElsewhere([letter.content], names.address)
  assert.equal(chain?.chain, 'pass', chain?.reason)
  assert.deepEqual(await readHeld(owner), [])
  assert.equal(await blobsOf(owner), 0)
  await assert.rejects(acceptHeld(storage, config, owner, waiting.id), { reason: 'notFound' })
})

test('what its members write goes at once where others’ letters wait, and waits where all do; its owner’s never waits', async (t) => {
  const here = await garden('moderated')
  const all = await garden('approved')
  /** Hands a letter in here. */
  const submit = async (list: OpenList, address: string): Promise<void> => {
    const letter = await prepareLetter(storage, {
      accountId: list.account.id,
      mailFrom: address,
      recipients: [{ address: list.address }],
      content: Buffer.from(letterOf(address)),
      isWrittenHere: true,
    })
    await storage.database.transaction((tx) => enqueue(tx, letter))
    wakeQueue(storage)
    await queueIsEmpty(storage)
  }
  const waits = async (list: OpenList): Promise<number> => (await readHeld(list.account)).length
  for (const [what, one, address, isHeld] of [
    ['a member', here, here.inside, false],
    ['a member where all wait', all, all.inside, true],
    ['the owner', all, all.reader.person.address, false],
  ] as const) {
    const [before, waiting] = [await one.came(), await waits(one.list)]
    await submit(one.list, address)
    assert.deepEqual([(await one.came()) - before, (await waits(one.list)) - waiting], isHeld ? [0, 1] : [1, 0], what)
  }
  await join(here.list, 'cem@good.example')
  const before = await here.came()
  const forged = await held(t, here.list, 'eve@plain.example', letterOf('cem@good.example'))
  assert.equal(forged.author, undefined, 'whoever takes a member’s name waits like anybody else')
  assert.match(await bring(t, here.list.address, 'cem@good.example'), /^250/)
  await queueIsEmpty(storage)
  assert.equal((await here.came()) - before, 1)
})

test('who is refused hears of it only where the owner has something to say, and their domain says that it was them', async (t) => {
  const { list, owner, came } = await garden()
  await writeSettings(owner, { ...(await readSettings(owner)), language: 'de' })
  const before = await came()
  const silentOne = await held(t, list)
  await refuseHeld(storage, config, owner, silentOne.id)
  await queueIsEmpty(storage)
  assert.deepEqual(
    sink.letters.filter(({ to }) => to.includes('bea@good.example')),
    [],
  )
  const answered = await held(t, list)
  await assert.rejects(refuseHeld(storage, config, owner, answered.id, 'x'.repeat(1001)), { reason: 'invalid' })
  await refuseHeld(storage, config, owner, answered.id, 'Bitte {name} in die andere Liste.')
  await queueIsEmpty(storage)
  const [told, ...others] = sink.letters.filter(({ to }) => to.includes('bea@good.example'))
  assert.deepEqual([told?.from, others.length], ['', 0])
  assert.match(told?.content ?? '', /Bitte \{name\} in die andere Liste\./)
  assert.match(told?.content ?? '', /^Auto-Submitted: auto-replied\r$/m)
  assert.match(told?.content ?? '', new RegExp(`^In-Reply-To: <${answered.name?.messageId}>\r$`, 'm'))

  const unproven = await held(t, list, 'eve@plain.example')
  await assert.rejects(refuseHeld(storage, config, owner, unproven.id, 'Nein.'), {
    reason: 'invalid',
    fields: ['reason'],
  })
  assert.equal((await readHeld(owner)).length, 1, 'it waits on')
  await refuseHeld(storage, config, owner, unproven.id)
  assert.deepEqual([await came(), await blobsOf(owner), (await listQueue(storage)).length], [before, 0, 0])
})

test('no more wait than are set: the next are to come again, and come once there is room', async (t) => {
  const { list, owner } = await garden()
  const first = await held(t, list)
  await held(t, list, 'bea@good.example', letterOf('bea@good.example', 'x'.repeat(200_000)))
  assert.match(await bring(t, list.address, 'bea@good.example'), /^451 /)
  await refuseHeld(storage, config, owner, first.id)
  assert.match(await bring(t, list.address, 'bea@good.example'), /^250/)
  await queueIsEmpty(storage)
  await removeList(list)
  assert.deepEqual(await readHeld(owner), [])
  const { rowCount } = await sql`select from blob where account_id = ${owner.id}`
  assert.equal(rowCount, 0, 'what waited goes with the list')
})

test('its owner is told once a day at most, without a word of what waits', async (t) => {
  const { list, reader } = await garden()
  const at = clockAtNoon(t)
  await sql`update held_letter set is_told = true`
  const round = async (hours: number): Promise<number> => {
    at(hours * 3600)
    return (await tellOfHeld(storage, config)).told
  }
  assert.equal(await round(0), 0)
  await held(t, list)
  assert.equal(await round(0), 1)
  await queueIsEmpty(storage)
  const { ids } = await reader.call('Email/query', {})
  const { list: letters } = await reader.call('Email/get', {
    ids,
    properties: ['subject', 'textBody', 'bodyValues'],
    fetchTextBodyValues: true,
  })
  const text = JSON.stringify(letters)
  assert.match(text, /Gärten am See: 1/)
  assert.match(text, /https:\/\/zegel\.test\/app\/#\/settings\/lists/)
  assert.doesNotMatch(text, /Tulips|bea@|Red ones/)
  await held(t, list)
  assert.equal(await round(23), 0, 'not twice a day')
  assert.equal(await round(2), 1)
  assert.equal(await round(25), 0, 'once for each that waits')
})

test('after its days a letter is erased, and nobody hears of it', async (t) => {
  const { list, owner } = await garden()
  await held(t, list)
  sink.letters.length = 0
  shiftClock((HELD_DAYS - 0.1) * 86_400)
  await keepToTheRules(storage, config, silent)
  assert.equal((await readHeld(owner)).length, 1)
  shiftClock((HELD_DAYS + 0.1) * 86_400)
  assert.deepEqual(await readHeld(owner), [], 'it is gone for its owner at once')
  await keepToTheRules(storage, config, silent)
  assert.equal((await sql`select from held_letter where account_id = ${owner.id}`).rowCount, 0)
  assert.deepEqual(sink.letters, [])
})
