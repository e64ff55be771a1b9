/** Letters between two Zegels, and from a Zegel to a Postfix, over signed zones and policies. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { makeCertificate, tlsaOf } from '#test/certificates'
import { freeOffset, newFolder, removeFolder, startChild, type ChildServer } from '#test/child'
import { config, delivering, inboxOf, person, send, statesOf, storage, until } from '#test/delivery'
import { dialImap } from '#test/imap'
import { startPostfix } from '#test/postfix'
import { startSink } from '#test/sink'
import { policyText, startPolicyPage } from './policy-page.ts'
import { freePort } from './program.ts'
import { startNetwork } from './start.ts'

const PATIENCE = { connectMs: 20_000, setupMs: 20_000, silenceMs: 20_000, letterMs: 20_000 }
const [ZEGEL, POSTFIX, WEB] = ['127.0.3.2', '127.0.0.1', '127.0.3.3']

const root = await makeCertificate({ names: ['Web Root'], isAuthority: true })
const own = await makeCertificate({ names: ['mx.two.example', 'mx.three.example'], issuer: root })
const other = await makeCertificate({ names: ['mx.two.example', 'mx.three.example'], issuer: root })
const authority = join(config.dataFolder, 'web-root.pem')
writeFileSync(authority, root.cert)

const stsPort = await freePort(WEB)
const page = await startPolicyPage(
  { after },
  {
    host: WEB,
    port: stsPort,
    certificate: await makeCertificate({ names: ['mta-sts.two.example', 'mta-sts.three.example'], issuer: root }),
  },
)
const network = await startNetwork({ after }, { 'two.example': { records: [] }, 'three.example': { records: [] } })
const settings = { dns: { servers: [network.resolver] }, fetch: { allow: [`${WEB}:${stsPort}`], authority } }

/** Another Zegel, with a database of its own. */
let zegel: ChildServer
const PASSWORD = 'Sieben Kraniche ziehen'
before(async () => {
  const folder = newFolder()
  const [certificate, key] = [join(folder, 'tls.crt'), join(folder, 'tls.key')]
  writeFileSync(certificate, own.cert)
  writeFileSync(key, own.key, { mode: 0o600 })
  zegel = await startChild({
    folder,
    offset: await freeOffset(),
    settings: `
trial = true
hostname = "mx.two.example"
listen = ["${ZEGEL}", "127.0.0.1"]
cleartextOnLoopback = true
[dns]
servers = ["${network.resolver}"]
[tls]
certificate = "${certificate}"
key = "${key}"
`,
  })
  await zegel.command(['domain', 'add', 'two.example'])
  await zegel.command(['account', 'create', 'bea@two.example', '--password-stdin'], `${PASSWORD}\n`)
})
after(async () => {
  await zegel?.stop()
  if (zegel !== undefined) removeFolder(zegel.folder)
})

/** The Subject fields that stand in Bea's inbox or junk. */
async function subjects(t: TestContext): Promise<string[]> {
  const imap = await dialImap(t, { host: '127.0.0.1', port: zegel.imap })
  await imap.ok(`LOGIN bea@two.example "${PASSWORD}"`)
  const found: string[] = []
  for (const mailbox of ['INBOX', 'Junk']) {
    await imap.ok(`SELECT ${mailbox}`)
    const { untagged } = await imap.say('FETCH 1:* BODY[HEADER.FIELDS (SUBJECT)]')
    found.push(...untagged.flatMap((line) => /Subject: (\S+)/.exec(line)?.[1] ?? []))
  }
  return found
}

interface Way {
  domain: string
  port: number
  address: string
}

let number = 0

/** Sends one letter. @returns its subject, and why it waits; undefined when it has left */
async function sent(t: TestContext, { domain, port }: Way, isTlsRequired = false) {
  const subject = `tulips-${++number}`
  const delivery = await delivering(t, { settings, ports: { port, stsPort } }, PATIENCE)
  const anna = await person()
  const id = await send({
    to: [`bea@${domain}`],
    content: Buffer.from(`Subject: ${subject}\r\nFrom: ${anna.address}\r\n\r\nRed ones.\r\n`),
    mailFrom: anna.address,
    accountId: anna.id,
    isTlsRequired,
  })
  await until('the attempt is over', async () =>
    (await statesOf(id)).every(({ lease, attempts }) => lease === null && attempts > 0),
  )
  const { rows } = await storage.database.sql<{ deferral: string | null }>`
    select deferral from queue_recipient where letter_id = ${id}`
  await delivery.stop()
  await storage.database.sql`delete from queue_letter`
  return { subject, waits: rows[0]?.deferral ?? undefined, notice: (await inboxOf(anna))[0] }
}

/** What each of two servers is asked to prove, which shows the certificate `own`. */
async function proving(t: TestContext, way: Way): Promise<string[]> {
  const { domain, port, address } = way
  const hosts = ['@ MX 10 mx', `mx A ${address}`, `mta-sts A ${WEB}`]
  const tlsa = (data: string): string => `_${port}._tcp.mx TLSA ${data}`
  const arrived: string[] = []

  await network.change(domain, [...hosts, tlsa(tlsaOf(own))])
  const right = await sent(t, way)
  assert.equal(right.waits, undefined, 'the key of the record')
  arrived.push(right.subject)

  await network.change(domain, [...hosts, tlsa(tlsaOf(other))])
  assert.equal((await sent(t, way)).waits, 'notProven', 'another key than that of the record')

  page.now = { text: policyText('enforce', [`mx.${domain}`]) }
  await network.change(domain, [...hosts, '_mta-sts TXT "v=STSv1; id=1;"'])
  const believed = await sent(t, way)
  assert.equal(believed.waits, undefined, 'a certificate of the web for the host of the policy')
  arrived.push(believed.subject)

  page.now = { text: policyText('enforce', [`elsewhere.${domain}`]) }
  await network.change(domain, [
    '@ MX 10 elsewhere',
    `elsewhere A ${address}`,
    `mta-sts A ${WEB}`,
    '_mta-sts TXT "v=STSv1; id=2;"',
  ])
  assert.equal((await sent(t, way)).waits, 'notProven', 'a certificate for another host')

  page.now = { text: policyText('testing', [`elsewhere.${domain}`]) }
  await network.change(domain, [
    '@ MX 10 elsewhere',
    `elsewhere A ${address}`,
    `mta-sts A ${WEB}`,
    '_mta-sts TXT "v=STSv1; id=3;"',
  ])
  const tested = await sent(t, way)
  assert.equal(tested.waits, undefined, 'the same, tested')
  arrived.push(tested.subject)
  return arrived
}

test('from a Zegel to a Zegel: DANE and MTA-STS refuse a wrong certificate and accept the right one', async (t) => {
  const way = { domain: 'two.example', port: zegel.smtp, address: ZEGEL }
  const arrived = await proving(t, way)
  assert.deepEqual((await subjects(t)).toSorted(), arrived.toSorted())

  await network.change('two.example', ['@ MX 10 mx', `mx A ${ZEGEL}`, `_${zegel.smtp}._tcp.mx TLSA ${tlsaOf(own)}`])
  const required = await sent(t, way, true)
  assert.equal(required.waits, undefined)
  assert.ok((await subjects(t)).includes(required.subject), 'REQUIRETLS all the way (RFC 8689)')
})

test('from a Zegel to a Postfix: the same, and a letter that wants REQUIRETLS comes back', async (t) => {
  const sink = await startSink(t)
  const postfix = await startPostfix(t, { relayTo: sink, domain: 'three.example', certificate: own })
  const way = { domain: 'three.example', port: postfix.port, address: POSTFIX }
  const arrived = await proving(t, way)
  const came = (): string[] => sink.letters.flatMap(({ content }) => /^Subject: (\S+)/m.exec(content)?.[1] ?? [])
  await until('Postfix has passed them on', () => came().length >= arrived.length)
  assert.deepEqual(came().toSorted(), arrived.toSorted())

  await network.change('three.example', [
    '@ MX 10 mx',
    `mx A ${POSTFIX}`,
    `_${postfix.port}._tcp.mx TLSA ${tlsaOf(own)}`,
  ])
  assert.match((await sent(t, way, true)).notice ?? '', /^Status: 5\.7\.30\r$/m)
})
