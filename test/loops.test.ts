/** Two servers whose people's scripts answer, pass on and tell each other: it ends by itself, and nothing is lost. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, test, type TestContext } from 'node:test'
import { freeOffset, removeFolder, startChild, type ChildServer } from './child.ts'
import { dialImap } from './imap.ts'
import { literalOf, signedInSieve } from './managesieve.ts'
import { dialSmtp } from './smtp.ts'

const PASSWORD = 'Sieben Kraniche ziehen'

/** Each knows where the other's mail goes, and asks no name server. */
const settings = (hostname: string, other: string, port: number): string => `
trial = true
hostname = "${hostname}"
listen = ["127.0.0.1"]
cleartextOnLoopback = true
[routes]
"${other}" = "127.0.0.1:${port}"
`

interface Owner {
  server: ChildServer
  address: string
}

let anna: Owner
let berta: Owner

before(async () => {
  const [one, two] = [await freeOffset(), await freeOffset()]
  const open = async (offset: number, name: string, [own, other]: [string, string], to: number): Promise<Owner> => {
    const server = await startChild({ offset, settings: settings(own, other, 2525 + to) })
    const address = `${name}@${own}`
    await server.command(['account', 'create', address, '--password-stdin'], `${PASSWORD}\n`)
    return { server, address }
  }
  anna = await open(one, 'anna', ['nord.test', 'sued.test'], two)
  berta = await open(two, 'berta', ['sued.test', 'nord.test'], one)
})
after(async () => {
  for (const { server } of [anna, berta]) {
    await server.stop()
    removeFolder(server.folder)
  }
})

async function setScript(t: TestContext, { server, address }: Owner, text: string): Promise<void> {
  const managesieve = { host: '127.0.0.1', port: server.managesieve }
  const sieve = await signedInSieve(t, { managesieve }, { address, password: PASSWORD })
  await sieve.ok(`PUTSCRIPT "rules" ${literalOf(text)}`)
  await sieve.ok('SETACTIVE "rules"')
  sieve.close()
}

async function arrive(t: TestContext, { server, address }: Owner, from: string, subject: string): Promise<void> {
  const smtp = await dialSmtp(t, { host: '127.0.0.1', port: server.smtp })
  await smtp.say(`MAIL FROM:<${from}>`)
  await smtp.say(`RCPT TO:<${address}>`)
  await smtp.say('DATA')
  const fields = [`From: ${from}`, `To: ${address}`, `Subject: ${subject}`, `Message-ID: <${subject}@far.example>`]
  assert.match(await smtp.say(`${fields.join('\r\n')}\r\n\r\nRed ones.\r\n.`), /^250 /)
}

const queued = async ({ server }: Owner): Promise<number> =>
  (JSON.parse(await server.command(['queue', 'list', '--json'])) as unknown[]).length

/** Until neither server has anything on its way, twice in a row: what one hands over the other has. */
async function quiet(): Promise<void> {
  for (let calm = 0, tries = 0; calm < 2; tries++) {
    assert.ok(tries < 60, 'it does not end')
    calm = (await queued(anna)) + (await queued(berta)) === 0 ? calm + 1 : 0
    await sleep(500)
  }
}

/** Subjects in the inbox, and of what lies among the junk. */
async function subjectsOf(t: TestContext, { server, address }: Owner): Promise<string[]> {
  const imap = await dialImap(t, { host: '127.0.0.1', port: server.imap })
  await imap.ok(`LOGIN "${address}" "${PASSWORD}"`)
  const subjects: string[] = []
  for (const folder of ['INBOX', 'Junk']) {
    await imap.ok(`EXAMINE ${folder}`)
    for (const line of await imap.ok('UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])'))
      subjects.push(/Subject: (.*)/i.exec(line)?.[1]?.trim() ?? line)
  }
  imap.close()
  return subjects.toSorted()
}

async function newest(t: TestContext, owner: Owner, word: string): Promise<string[]> {
  return (await subjectsOf(t, owner)).filter((subject) => subject.includes(word))
}

const STORMS: [what: string, script: (other: string) => string, expected: [anna: string[], berta: string[]]][] = [
  [
    'both are away',
    () => 'require "vacation"; vacation :subject "tulip away" "Back soon.";',
    [['tulip'], ['tulip away']],
  ],
  ['each passes everything on to the other', (other) => `redirect "${other}";`, [['tulip'], []]],
  [
    'each passes everything on and keeps a copy',
    (other) => `require "copy"; redirect :copy "${other}";`,
    [['tulip', 'tulip'], ['tulip']],
  ],
  [
    'each is told of everything at the other',
    (other) => `require "enotify"; notify :message "tulip came" "mailto:${other}";`,
    [['tulip'], ['tulip came']],
  ],
]
for (const [i, [what, script, expected]] of STORMS.entries())
  test(`no letter goes round for ever: ${what}`, async (t) => {
    const word = `tulip${i}`
    await setScript(t, anna, script(berta.address).replaceAll('tulip', word))
    await setScript(t, berta, script(anna.address).replaceAll('tulip', word))
    await arrive(t, anna, berta.address, word)
    await quiet()
    const named = expected.map((subjects) => subjects.map((subject) => subject.replaceAll('tulip', word)).toSorted())
    assert.deepEqual([await newest(t, anna, word), await newest(t, berta, word)], named)
  })
