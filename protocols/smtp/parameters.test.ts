/** What a program may ask for with MAIL and RCPT, keyword by keyword, and what it may not. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { clockAtNoon } from '#test/clock'
import { queuedLetters, type QueuedLetter } from '#test/queue'
import { startServer } from '#test/server'
import { dialSmtp, type Dialogue } from '#test/smtp'

const server = await startServer({ after }, { smtp: { maxMessageMegabytes: 1 } }, ['smtp'])
const sender = await server.createAccount()
const DAY = 86_400

async function signedIn(t: { after(undo: () => void): void }): Promise<Dialogue> {
  const smtp = await dialSmtp(t, server.submissions, { tls: true })
  const plain = Buffer.from(`\0${sender.address}\0${sender.password}`).toString('base64')
  assert.match(await smtp.say(`AUTH PLAIN ${plain}`), /^235/)
  return smtp
}

const mail = (parameters = ''): string => `MAIL FROM:<${sender.address}> ${parameters}`
const rcpt = (parameters = '', address = 'bea@example.org'): string => `RCPT TO:<${address}> ${parameters}`

/** Sends a letter with these parameters; gives it as it stands in the queue. */
async function sent(smtp: Dialogue, ofMail: string, ofRcpt = ''): Promise<QueuedLetter> {
  assert.match(await smtp.say(mail(ofMail)), /^250/, ofMail)
  assert.match(await smtp.say(rcpt(ofRcpt)), /^250/, ofRcpt)
  assert.match(await smtp.say('DATA'), /^354/)
  const reply = await smtp.say(`From: ${sender.address}\r\nSubject: Tulips\r\n\r\nRed ones.\r\n.`)
  const [, id] = /^250 2\.0\.0 Queued as (\d+)$/.exec(reply) ?? []
  const letter = (await queuedLetters(server.storage, sender.id)).find((one) => one.id === Number(id))
  assert.ok(letter !== undefined, reply)
  return letter
}

test('SIZE, BODY and SMTPUTF8 are taken (RFC 1870, RFC 6152, RFC 6531)', async (t) => {
  const smtp = await signedIn(t)
  await sent(smtp, 'SIZE=1000000 BODY=8BITMIME SMTPUTF8')
  await sent(smtp, 'size=0 body=7bit')
})

test('RET, ENVID, NOTIFY and ORCPT go along, decoded (RFC 3461 §4)', async (t) => {
  const smtp = await signedIn(t)
  const longest = 'e'.repeat(100)
  const first = await sent(
    smtp,
    `RET=full ENVID=${longest}`,
    'NOTIFY=success,FAILURE,SUCCESS ORCPT=rfc822;a+2Bb+3Dc@x.example',
  )
  assert.deepEqual([first.ret, first.envid], ['FULL', longest])
  assert.deepEqual(first.recipients[0]?.notify, ['SUCCESS', 'FAILURE'], 'each once')
  assert.equal(first.recipients[0]?.orcpt, 'rfc822;a+b=c@x.example')
  const second = await sent(smtp, 'RET=HDRS ENVID=a+20b', `NOTIFY=NEVER ORCPT=x400;${'o'.repeat(495)}`)
  assert.deepEqual([second.ret, second.envid], ['HDRS', 'a b'])
  assert.deepEqual(second.recipients[0]?.notify, ['NEVER'])
  const third = await sent(smtp, 'SMTPUTF8', 'ORCPT=utf-8;josé@example.org')
  assert.equal(third.recipients[0]?.orcpt, 'utf-8;josé@example.org')
})

test('AUTH= of MAIL is heard and believed by nobody (RFC 4954 §5)', async (t) => {
  const smtp = await signedIn(t)
  const { mailFrom } = await sent(smtp, 'AUTH=<>')
  assert.equal(mailFrom, sender.address)
  await sent(smtp, 'AUTH=e+3Dmc2@example.com')
})

test('HOLDFOR and HOLDUNTIL keep a letter up to the time that EHLO announces (RFC 4865 §4)', async (t) => {
  clockAtNoon(t)
  const smtp = await signedIn(t)
  const announced = /FUTURERELEASE (\d+) (\S+)$/m.exec(await smtp.say('EHLO peer.example')) ?? []
  assert.equal(announced[1], String(365 * DAY))
  const latest = String(announced[2])
  const hour = await sent(smtp, 'HOLDFOR=3600')
  assert.ok(hour.sendAt.getTime() - (await sent(smtp, 'HOLDFOR=0')).sendAt.getTime() > 3_590_000)
  assert.equal((await sent(smtp, `HOLDUNTIL=${latest}`)).sendAt.toISOString(), latest.replace('Z', '.000Z'))
  const zoned = await sent(smtp, `HOLDUNTIL=${latest.replace('Z', '+01:00')}`)
  assert.equal(zoned.sendAt.getTime(), Date.parse(latest) - 3_600_000)
  const past = await sent(smtp, 'HOLDUNTIL=1999-12-31T23:59:59Z')
  assert.ok(past.sendAt.getTime() < hour.sendAt.getTime(), 'a time that has passed holds nothing')
})

const HOLD = /^501 5\.5\.4 The time to wait for is none, is given in two ways, or is too far away/
const refusedOfMail: [parameters: string, reply: RegExp][] = [
  ['SIZE=1000001', /^552 5\.3\.4/],
  ['SIZE=many', /^501 5\.5\.4/],
  ['SIZE=123456789012345678901', /^501 5\.5\.4/],
  ['SIZE', /^501 5\.5\.4/],
  ['SIZE=1 SIZE=2', /^501 5\.5\.4/],
  ['BODY=BINARYMIME', /^501 5\.5\.4/],
  ['SMTPUTF8=yes', /^501 5\.5\.4/],
  ['RET=SOME', /^501 5\.5\.4/],
  ['RET', /^501 5\.5\.4/],
  ['RET=FULL RET=HDRS', /^501 5\.5\.4/],
  ['ENVID', /^501 5\.5\.4 The value of ENVID/],
  ['ENVID=', /^501 5\.5\.4 The value of ENVID/],
  [`ENVID=${'e'.repeat(101)}`, /^501 5\.5\.4 The value of ENVID/],
  ['ENVID=a+', /^501 5\.5\.4 The value of ENVID/],
  ['ENVID=a+4', /^501 5\.5\.4 The value of ENVID/],
  ['ENVID=a+zz', /^501 5\.5\.4 The value of ENVID/],
  ['ENVID=a+2b', /^501 5\.5\.4 The value of ENVID/],
  ['ENVID=a=b', /^501 5\.5\.4 The value of ENVID/],
  ['ENVID=a+0D+0ARSET', /^501 5\.5\.4 The value of ENVID/],
  ['ENVID=a+FF', /^501 5\.5\.4 The value of ENVID/],
  ['ENVID=é', /^501 5\.5\.4 The value of ENVID/],
  ['ENVID=a ENVID=b', /^501 5\.5\.4/],
  ['AUTH=a+xx', /^501 5\.5\.4 The value of AUTH/],
  ['HOLDFOR=3600 HOLDUNTIL=2099-01-01T00:00:00Z', HOLD],
  [`HOLDFOR=${365 * DAY + 1}`, HOLD],
  ['HOLDFOR=999999999', HOLD],
  ['HOLDFOR=1234567890', HOLD],
  ['HOLDFOR', HOLD],
  ['HOLDFOR=-1', HOLD],
  ['HOLDFOR=1e3', HOLD],
  ['HOLDFOR=1 HOLDFOR=2', /^501 5\.5\.4/],
  ['HOLDUNTIL=2199-01-01T00:00:00Z', HOLD],
  ['HOLDUNTIL=2027-02-30T25:00:00Z', HOLD],
  ['HOLDUNTIL=2027-01-01', HOLD],
  ['HOLDUNTIL=1999-12-31T23:59:59', HOLD],
  ['HOLDUNTIL', HOLD],
  ['REQUIRETLS=yes', /^501 5\.5\.4/],
  ['BY=100;R', /^555 5\.5\.4/],
  ['MAGIC', /^555 5\.5\.4/],
]
for (const [parameters, reply] of refusedOfMail)
  test(`MAIL refuses ${parameters.slice(0, 60)}, and the dialogue goes on`, async (t) => {
    const smtp = await signedIn(t)
    assert.match(await smtp.say(mail(parameters)), reply)
    assert.match(await smtp.say(mail()), /^250/)
  })

const refusedOfRcpt: [parameters: string, reply: RegExp][] = [
  ['NOTIFY=NEVER,SUCCESS', /^501 5\.5\.4/],
  ['NOTIFY=ALWAYS', /^501 5\.5\.4/],
  ['NOTIFY=SUCCESS,,DELAY', /^501 5\.5\.4/],
  ['NOTIFY', /^501 5\.5\.4/],
  ['NOTIFY=NEVER NOTIFY=DELAY', /^501 5\.5\.4/],
  ['ORCPT', /^501 5\.5\.4 The value of ORCPT/],
  ['ORCPT=bea@example.org', /^501 5\.5\.4 The value of ORCPT/],
  ['ORCPT=rfc822;', /^501 5\.5\.4 The value of ORCPT/],
  ['ORCPT=;bea@example.org', /^501 5\.5\.4 The value of ORCPT/],
  ['ORCPT=rfc822;bea+@example.org', /^501 5\.5\.4 The value of ORCPT/],
  ['ORCPT=rfc822;bea+0D+0AX: y', /^501 5\.5\.4 The value of ORCPT/],
  ['ORCPT=rfc822;josé@example.org', /^501 5\.5\.4 The value of ORCPT/],
  [`ORCPT=rfc822;${'o'.repeat(494)}`, /^501 5\.5\.4 The value of ORCPT/],
  ['HOLDFOR=60', /^555 5\.5\.4/],
]
for (const [parameters, reply] of refusedOfRcpt)
  test(`RCPT refuses ${parameters.slice(0, 60)}, and the dialogue goes on`, async (t) => {
    const smtp = await signedIn(t)
    assert.match(await smtp.say(mail()), /^250/)
    assert.match(await smtp.say(rcpt(parameters)), reply)
    assert.match(await smtp.say(rcpt()), /^250/)
  })
