/** From letters that arrive to the report of the next day, opened as its receiver would. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { readDmarcReport, type DmarcReport } from '#formats/domain-reports'
import { mediaType, parseMessage, partContent, walkParts } from '#formats/message'
import { today } from '#system'
import { clockAtNoon } from '#test/clock'
import { config, delivering, storage, until } from '#test/delivery'
import { verifyElsewhere } from '#test/dkim-verifier'
import { startNameServer } from '#test/name-server'
import { startServer } from '#test/server'
import { addSigningDomain } from '#test/signing-domain'
import { startSink } from '#test/sink'
import { dialSmtp } from '#test/smtp'
import { sendDmarcReports } from './dmarc.ts'

const names = await startNameServer({ after }, {})
const submitter = await addSigningDomain(storage, config, names)
const settings = { ...config, hostname: `mx.${submitter}`, dns: { servers: [names.address] } }

let domains = 0
/** A domain of somebody else's that asks for reports. */
function asking(rua: (domain: string) => string = (domain) => `mailto:dmarc@${domain}!10m`, policy = 'reject'): string {
  const domain = `asking${++domains}.example`
  names.zone[domain] = { TXT: ['v=spf1 ip4:127.0.0.1 -all'] }
  names.zone[`_dmarc.${domain}`] = { TXT: [`v=DMARC1; p=${policy}; rua=${rua(domain)}; aspf=s`] }
  return domain
}

/** Letters as they come: from where they say, or not. All is written when this returns. */
async function arrive(
  t: { after(undo: () => Promise<void> | void): void },
  letters: readonly { author: string; mailFrom?: string }[],
  isOn = true,
): Promise<void> {
  const server = await startServer(
    t,
    { dns: { servers: [names.address] }, reports: { dmarc: isOn }, hostname: settings.hostname },
    ['smtp'],
  )
  const person = await server.createAccount()
  const smtp = await dialSmtp(t, server.smtp)
  for (const { author, mailFrom = author } of letters) {
    await smtp.say(`MAIL FROM:<bea@${mailFrom}>`)
    await smtp.say(`RCPT TO:<${person.address}>`)
    await smtp.say('DATA')
    const head = `From: Bea <bea@${author}>\r\nDate: ${new Date().toUTCString()}\r\nMessage-ID: <${randomUUID()}@${author}>\r\n`
    assert.match(await smtp.say(`${head}Subject: Tulips\r\n\r\nRed ones.\r\n.`), /^250/)
  }
  await server.close()
}

const rowsOn = async (day: string): Promise<{ row_key: Buffer; sealed: Buffer }[]> =>
  (
    await storage.database.sql<{ row_key: Buffer; sealed: Buffer }>`
    select row_key, sealed from dmarc_arrival where day = ${day}::date`
  ).rows

function reportIn(content: string): DmarcReport {
  const message = parseMessage(Buffer.from(content, 'latin1'))
  const file = [...walkParts(message.root)].find((part) => mediaType(part) === 'application/gzip')
  assert.ok(file)
  return readDmarcReport(gunzipSync(partContent(message, file).bytes))
}

test('a domain that asks for it is told the next day what came in its name, in one letter that it can verify', async (t) => {
  const pass = clockAtNoon(t)
  const [author, other] = [asking(), asking()]
  const day = today()
  await arrive(t, [{ author }, { author }, { author, mailFrom: other }])

  // Nothing of the address stands in the table, in clear or sealed.
  const key = await storage.keys.serviceKey('domainReports')
  const rows = await rowsOn(day)
  assert.equal(rows.length, 2)
  for (const { row_key: rowKey, sealed } of rows)
    assert.doesNotMatch(key.open(`arrival/${day}/${rowKey.toString('base64url')}`, sealed).toString(), /127\.0\.0\.1/)

  assert.equal((await sendDmarcReports(storage, settings)).sent, 0, 'the day is not over')
  pass(86_400)
  const sink = await startSink(t)
  await delivering(t, { sinks: { [author]: sink } })
  assert.equal((await sendDmarcReports(storage, settings)).sent, 1)
  const again = await sendDmarcReports(storage, settings)
  assert.deepEqual([again.sent, again.known], [0, 1])
  await until('the letter has arrived', () => sink.count > 0)

  const content = sink.letters[0]?.content ?? ''
  assert.match(content, new RegExp(`^From: <?noreply-dmarc@${submitter}`, 'm'))
  const subject = content.replace(/\r\n[ \t]+/g, ' ')
  assert.match(
    subject,
    new RegExp(`^Subject: Report Domain: ${author} Submitter: ${submitter} Report-ID: <\\S+>\r$`, 'm'),
  )
  const report = reportIn(content)
  assert.deepEqual([report.policy.domain, report.policy.p, report.policy.aspf], [author, 'reject', 's'])
  assert.equal(report.begin.toISOString().slice(0, 10), day)
  assert.deepEqual(
    report.records.map((one) => [
      one.source,
      one.count,
      one.disposition,
      one.dkim,
      one.spf,
      one.reasons,
      one.envelopeFrom,
    ]),
    [
      ['127.0.0.1', 2, 'pass', 'fail', 'pass', [], author],
      ['127.0.0.1', 1, 'quarantine', 'fail', 'fail', ['local_policy'], other],
    ],
  )
  const [signatures] = await verifyElsewhere([content], names.address)
  assert.ok(
    signatures?.every(({ domain, isGood }) => domain === submitter && isGood) === true && signatures.length === 2,
  )
})

test('nothing is counted while reports are off, nor of a domain that asks for none', async (t) => {
  clockAtNoon(t)
  const silent = asking()
  names.zone[`_dmarc.${silent}`] = { TXT: ['v=DMARC1; p=reject'] }
  const before = (await rowsOn(today())).length
  await arrive(t, [{ author: asking() }], false)
  await arrive(t, [{ author: silent }])
  assert.equal((await rowsOn(today())).length, before)
})

test('an address elsewhere is told only when it says that it wants to be', async (t) => {
  const pass = clockAtNoon(t)
  const author = asking(() => 'mailto:collect@vendor.example')
  await arrive(t, [{ author }])
  pass(86_400)
  assert.equal((await sendDmarcReports(storage, settings)).sent, 0)
  names.zone[`${author}._report._dmarc.vendor.example`] = { TXT: ['v=DMARC1;'] }
  assert.equal((await sendDmarcReports(storage, settings)).sent, 1)
})

test('a report that is larger than an address wants does not go there', async (t) => {
  const pass = clockAtNoon(t)
  await arrive(t, [{ author: asking((domain) => `mailto:dmarc@${domain}!10`) }])
  pass(86_400)
  const first = await sendDmarcReports(storage, settings)
  assert.deepEqual([first.sent, first.waiting], [0, 1])
  pass(86_400)
  assert.equal((await sendDmarcReports(storage, settings)).failed, 1)
})

test('when the key of the day is destroyed, no address is found again and no report is made', async (t) => {
  const pass = clockAtNoon(t)
  const day = today()
  await arrive(t, [{ author: asking() }])
  pass(86_400)
  await storage.database.sql`delete from keys.wrap where place = ${`day/${day}`}`
  const done = await sendDmarcReports(storage, settings)
  assert.equal(done.sent, 0)
})
