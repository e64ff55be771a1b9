import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import {
  beginReset,
  confirmRecovery,
  findAccount,
  finishReset,
  listSessions,
  openSession,
  proveReset,
  requestRecovery,
  resumeAccount,
  signInClient,
  writeSettings,
} from '#accounts'
import { listQueue, showOwnLetter } from '#mail/outbound'
import { rememberCorrespondents } from '#mail/correspondents'
import { countFailures } from '#mail/limits'
import { noteReport } from '#mail/reports'
import { checkSubmission, submit } from '#mail/submission'
import { Refusal } from '#system'
import type { OpenAccount } from '#storage'
import { clockAtNoon } from '#test/clock'
import { dialImap, signedInImap } from '#test/imap'
import { openTestInspection } from '#test/inspection'
import { openJmapClient, type JmapClient } from '#test/jmap'
import { fileLetter, letter as fullLetter } from '#test/letters'
import { addAppPassword, addPerson, type Person } from '#test/people'
import { queuedLetters } from '#test/queue'
import { startServer } from '#test/server'
import { dialSmtp } from '#test/smtp'
import { STOP, WEIGHTS } from './index.ts'

const server = await startServer({ after }, {}, ['smtp', 'http', 'imap'])
const { storage, config } = server
const tools = { storage, config, ...openTestInspection({ after }, config) }
const operator = await addPerson(storage, { isOperator: true })

/** What honest people are not likely to write. */
const JUNK = `Dear beneficiary, CONGRATULATIONS, you have won $1,000,000 USD in our lottery. Click here to claim your free
money. Viagra and cialis pills, lowest prices, no prescription, buy now!!! 100% free, risk free, act now, limited time offer.
Reply with your bank account details to the barrister, to transfer the fund of the late next of kin. Online casino, weight
loss, make money fast from home, guaranteed income, cheap software, replica rolex watches.`
const PLAIN = 'The choir meets on Thursday at eight, in the small hall. Please bring the scores of last year.'

let count = 0
const people = (many: number): string[] => Array.from({ length: many }, () => `person-${++count}@example.org`)

const contentOf = (from: string, text: string): string =>
  [`From: ${from}`, 'To: undisclosed-recipients:;', 'Subject: News', '', ...text.split('\n'), ''].join('\r\n')

/** Somebody with an address outside, proven by a code. */
async function addRecoverable(): Promise<Person & { external: string; account: OpenAccount }> {
  const person = await server.createAccount()
  const account = await storage.openAccount(person.id)
  const external = `outside-${++count}@example.net`
  const { password } = person
  const { code } = await requestRecovery(storage, config.signUp, account, { address: external, password })
  await confirmRecovery(storage, account, code, async () => async () => undefined)
  return { ...person, external, account }
}

/** Hands a letter in by SMTP; gives the last reply. */
async function send(
  t: TestContext,
  person: Person,
  secret: string,
  to: readonly string[],
  text: string,
): Promise<string> {
  const smtp = await dialSmtp(t, server.submissions, { tls: true })
  const auth = await smtp.say(`AUTH PLAIN ${Buffer.from(`\0${person.address}\0${secret}`).toString('base64')}`)
  if (!auth.startsWith('235')) return auth
  const mail = await smtp.say(`MAIL FROM:<${person.address}>`)
  if (!mail.startsWith('250')) return mail
  for (const address of to) assert.match(await smtp.say(`RCPT TO:<${address}>`), /^250/)
  assert.match(await smtp.say('DATA'), /^354/)
  return smtp.say(`${contentOf(person.address, text)}.`)
}

/** What the service itself has written to an address. */
async function writtenTo(address: string): Promise<{ subject: string; text: string }[]> {
  const written = []
  for (const { id } of await listQueue(storage)) {
    const shown = await showOwnLetter(storage, id).catch(() => undefined)
    const valueOf = (name: string): string => shown?.fields.find((field) => field.name === name)?.value ?? ''
    if (shown !== undefined && valueOf('To').includes(address))
      written.push({ subject: valueOf('Subject'), text: shown.text })
  }
  return written
}

const stateOf = async ({ address }: Person) => {
  const { state, stoppedFor } = (await findAccount(storage, address)) ?? {}
  return { state, stoppedFor }
}

/** Tries to send a draft by JMAP; gives the SetError, or undefined. */
async function sendDraft(client: JmapClient, person: Person): Promise<unknown> {
  const [identity] = (await client.call('Identity/get'))['list'] as { id: string }[]
  const item = await fileLetter(server, person, fullLetter({ from: person.address, to: 'bea@example.org' }), {
    role: 'drafts',
  })
  const { notCreated } = await client.call('EmailSubmission/set', {
    create: { s: { identityId: identity?.id, emailId: `M${item.toString(36)}` } },
  })
  return (notCreated as Record<string, unknown> | null)?.['s']
}

test('a thief with an app password sends junk to strangers: nothing of it leaves, everybody is out, and the owner is told outside and gets it back', async (t) => {
  const owner = await addRecoverable()
  await writeSettings(owner.account, { language: 'nl' })
  const { secret } = await addAppPassword(storage, owner)
  const { token } = await openSession(storage, { accountId: owner.id, kind: 'bearer' })
  const reading = await dialImap(t, server.imaps, { tls: true })
  await reading.ok(`LOGIN ${owner.address} ${secret}`)
  assert.match(await send(t, owner, secret, ['bea@example.org'], PLAIN), /^250/)

  const reply = await send(t, owner, secret, people(60), JUNK)
  assert.match(reply, /^550 5\.7\.1 Sending is stopped for this account/)
  assert.deepEqual(await stateOf(owner), { state: 'suspended', stoppedFor: ['burst', 'strangers', 'junkWords'] })
  assert.equal((await queuedLetters(storage, owner.id)).length, 1, 'what was refused does not leave')

  // Every way in has closed, and what is open ends.
  let heard = ''
  while (heard !== 'closed') heard = await reading.next()
  assert.match(await send(t, owner, secret, ['bea@example.org'], PLAIN), /^535/)
  const withToken = await fetch(`${server.http}/.well-known/jmap`, { headers: { authorization: `Bearer ${token}` } })
  assert.equal(withToken.status, 401)

  // Whoever signs in anew reads, and cannot send by any way.
  const imap = await signedInImap(t, server, owner, { select: 'INBOX' })
  await imap.ok('UID FETCH 1:* (FLAGS)')
  const client = await openJmapClient(server, owner)
  const refused = (await sendDraft(client, owner)) as Record<string, unknown>
  assert.deepEqual([refused['type'], refused['stopped']], ['forbiddenToSend', 'stolen'])
  assert.match(await send(t, owner, owner.password, ['bea@example.org'], PLAIN), /^550 5\.7\.1 Sending is stopped/)

  // Told once, outside and inside, in their language.
  for (const address of [owner.external, owner.address]) {
    const letters = (await writtenTo(address)).filter(({ subject }) => subject.includes('stopgezet'))
    assert.equal(letters.length, 1, address)
    assert.match(letters[0]?.text ?? '', /- In een uur werd .*\n- De meesten .*\n- Een brief las als reclame/)
  }

  // A thief who has the main password cannot move the way back in.
  const { account, password } = owner
  await assert.rejects(requestRecovery(storage, config.signUp, account, { address: 'thief@example.net', password }), {
    reason: 'forbidden',
  })

  const { token: reset, letter } = await beginReset(storage, config.signUp, {
    address: owner.address,
    network: '192.0.2.0/24',
  })
  const mailed = await letter()
  assert.equal(mailed?.to, owner.external)
  await proveReset(storage, reset, mailed.code)
  const next = 'eine ganz andere Tinte'
  await finishReset(storage, reset, { accountId: owner.id, password: next }, async () => async () => undefined)
  assert.deepEqual(await stateOf(owner), { state: 'open', stoppedFor: null })
  const again = { ...owner, password: next }
  assert.match(await send(t, again, next, ['bea@example.org'], PLAIN), /^250/, 'what the thief did counts no more')
  assert.equal(await sendDraft(await openJmapClient(server, again), again), undefined)
})

for (const [days, state] of [
  [1, 'suspended'],
  [8, 'open'],
] as const)
  test(`an address outside that was changed ${days} days before ${state === 'open' ? 'opens' : 'does not open'} what was stopped`, async (t) => {
    const pass = clockAtNoon(t)
    const owner = await addRecoverable()
    pass(100 * 86_400)
    const { account, password } = owner
    const { code } = await requestRecovery(storage, config.signUp, account, { address: 'moved@example.net', password })
    await confirmRecovery(storage, account, code, async () => async () => undefined)
    pass(days * 86_400)
    assert.equal(await sendFrom(owner, undefined, people(60), JUNK), 'forbidden stopped')
    const network = `198.51.${days}.0/24`
    const { token, letter } = await beginReset(storage, config.signUp, { address: owner.address, network })
    await proveReset(storage, token, (await letter())?.code ?? '')
    const next = { accountId: owner.id, password: 'eine ganz andere Tinte' }
    await finishReset(storage, token, next, async () => async () => undefined)
    assert.equal((await stateOf(owner)).state, state)
  })

test('one by one is no way past it', async () => {
  const owner = await server.createAccount()
  let sent = 0
  for (const address of people(60)) {
    if ((await sendFrom(owner, undefined, [address], JUNK)) !== '') break
    sent++
  }
  assert.equal(sent, 49)
  assert.deepEqual((await stateOf(owner)).stoppedFor, ['burst', 'strangers', 'junkWords'])
})

test('the operator lets an account go on that has no address outside', async (t) => {
  const owner = await server.createAccount()
  assert.match(await send(t, owner, owner.password, people(60), JUNK), /^550/)
  assert.equal((await writtenTo(owner.address)).length, 1)
  assert.equal(await resumeAccount(storage.database.sql, owner.id), true)
  assert.equal(await resumeAccount(storage.database.sql, owner.id), false)
  assert.match(await send(t, owner, owner.password, ['bea@example.org'], PLAIN), /^250/)
})

/** Sends as a program would that came in from a country; what it was refused for, or nothing. */
async function sendFrom(
  person: Person,
  country: string | undefined,
  to: readonly string[] = ['bea@example.org'],
  text = PLAIN,
): Promise<string> {
  const account = await storage.openAccount(person.id)
  const { address, password } = person
  const { door } = await signInClient(storage, { address, password, network: '192.0.2.0/24', scope: 'mail' })
  try {
    const checked = await checkSubmission(tools, account, {
      mailFrom: address,
      recipients: to.map((one) => ({ address: one })),
      content: Buffer.from(contentOf(address, text)),
      by: { door, country },
    })
    await account.write((tx) => submit(tx, checked))
    return ''
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return `${error.reason} ${error.fields.join(' ')}`
  }
}

test('from a country where nobody was, many strangers at once are enough, whatever the words', async (t) => {
  const pass = clockAtNoon(t)
  const owner = await server.createAccount()
  await sendFrom(owner, 'BE')
  pass(10 * 86_400)
  assert.equal(await sendFrom(owner, 'BR'), '', 'a letter from a journey is a letter')
  assert.equal(await sendFrom(owner, 'BR', people(60)), 'forbidden stopped')
  assert.deepEqual((await stateOf(owner)).stoppedFor, ['burst', 'strangers', 'newCountry'])
})

test('where one has been for days is no news; nor is any country where none is known', async (t) => {
  const pass = clockAtNoon(t)
  const [traveller, newcomer] = [await server.createAccount(), await server.createAccount()]
  await sendFrom(traveller, 'BE')
  pass(10 * 86_400)
  await sendFrom(traveller, 'PT')
  pass(4 * 86_400)
  assert.equal(await sendFrom(traveller, 'PT', people(60)), '')
  assert.equal(await sendFrom(newcomer, 'BR', people(60)), '')
})

test('a country of a session that has long been there is known', async (t) => {
  const pass = clockAtNoon(t)
  const owner = await server.createAccount()
  await sendFrom(owner, 'BE')
  await openSession(storage, { accountId: owner.id, kind: 'cookie', country: 'FR' })
  pass(10 * 86_400)
  assert.equal(await sendFrom(owner, 'FR', people(60)), '')
})

/** As it comes to whoever runs the service. */
const complainAbout = async ({ address }: Person): Promise<void> =>
  noteReport(
    storage,
    Buffer.from(
      [
        'Content-Type: multipart/report; report-type=feedback-report; boundary=b',
        '',
        '--b',
        'Content-Type: message/feedback-report',
        '',
        'Feedback-Type: abuse',
        '--b',
        'Content-Type: message/rfc822',
        '',
        `From: ${address}`,
        `Message-ID: <${++count}@zegel.test>`,
        '',
        '--b--',
        '',
      ].join('\r\n'),
    ),
    [operator.id],
  )

test('junk in a burst to people one knows stops an account about which people complained', async (t) => {
  const pass = clockAtNoon(t)
  const owner = await server.createAccount()
  const known = people(60)
  const account = await storage.openAccount(owner.id)
  await account.write((tx) =>
    rememberCorrespondents(
      tx,
      known.map((email) => ({ name: null, email })),
    ),
  )
  for (let n = 0; n < 2; n++) await complainAbout(owner)
  pass(60)
  assert.equal(await sendFrom(owner, 'BE', known, JUNK), '', 'two are not many')
  await complainAbout(owner)
  assert.equal(await sendFrom(owner, 'BE', known, JUNK), 'forbidden stopped')
  assert.deepEqual((await stateOf(owner)).stoppedFor, ['burst', 'reports', 'junkWords'])
})

test('a session says from which country it sends', async (t) => {
  const pass = clockAtNoon(t)
  const owner = await server.createAccount()
  await sendFrom(owner, 'BE')
  pass(10 * 86_400)
  const account = await storage.openAccount(owner.id)
  await openSession(storage, { accountId: owner.id, kind: 'cookie', country: 'BR' })
  const [session] = await listSessions(storage, account)
  const work = checkSubmission(tools, account, {
    mailFrom: owner.address,
    recipients: people(60).map((address) => ({ address })),
    content: Buffer.from(contentOf(owner.address, PLAIN)),
    by: { door: { by: 'session', id: session?.id ?? '' } },
  })
  await assert.rejects(work, { reason: 'forbidden', fields: ['stopped'] })
})

const alarms: [what: string, send: (owner: Person) => Promise<string>][] = [
  [
    'a letter to sixty people one knows',
    async (owner) => {
      const known = people(60)
      const account = await storage.openAccount(owner.id)
      await account.write((tx) =>
        rememberCorrespondents(
          tx,
          known.map((email) => ({ name: null, email })),
        ),
      )
      return sendFrom(owner, 'BE', known)
    },
  ],
  ['a first newsletter to two hundred', (owner) => sendFrom(owner, 'BE', people(200))],
  ['an advertisement to twenty', (owner) => sendFrom(owner, 'BE', people(20), JUNK)],
  ['an advertisement while on a journey', (owner) => sendFrom(owner, 'BR', people(5), JUNK)],
  [
    'a first newsletter of somebody about whom complaints were forged',
    async (owner) => {
      for (let n = 0; n < 5; n++) await complainAbout(owner)
      return sendFrom(owner, 'BE', people(60))
    },
  ],
  [
    'a list of old addresses of which many are gone',
    async (owner) => {
      await countFailures(storage.database.sql, owner.id, 40)
      return sendFrom(owner, 'BE', people(40))
    },
  ],
]
for (const [what, sending] of alarms)
  test(`no alarm: ${what}`, async (t) => {
    const pass = clockAtNoon(t)
    const owner = await server.createAccount()
    await sendFrom(owner, 'BE')
    pass(10 * 86_400)
    assert.equal(await sending(owner), '')
    assert.equal((await stateOf(owner)).state, 'open')
  })

test('who writes to hundreds every month does so this month too, whatever their words', async (t) => {
  const pass = clockAtNoon(t)
  const owner = await server.createAccount()
  await sendFrom(owner, 'BE', people(200))
  pass(20 * 86_400)
  assert.equal(await sendFrom(owner, 'BE', people(200), JUNK), '')
})

test('no two signals stop anybody', () => {
  const [first, second] = Object.values<number>(WEIGHTS).toSorted((a, b) => b - a)
  assert.ok((first ?? 0) + (second ?? 0) < STOP)
})
