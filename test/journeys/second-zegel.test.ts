/** Somebody leaves one Zegel for another: all letters are taken along as one file, brought in there, and are the same to the byte. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test, type TestContext } from 'node:test'
import { ImapFlow } from 'imapflow'
import type { Page } from 'playwright-core'
import { withLineEnds } from '#transfer'
import { removeFolder, startChild, type ChildServer } from '../child.ts'
import { collection } from '../collection.ts'
import { letter } from '../letters.ts'
import { openVisit, signIn } from './person.ts'

const PASSWORD = 'Sieben Kraniche ziehen'

let first: ChildServer
let second: ChildServer

before(async () => {
  first = await startChild()
  second = await startChild()
  for (const [server, names] of [
    [first, ['anna']],
    [second, ['mbox', 'maildir']],
  ] as const)
    for (const name of names)
      await server.command(
        ['account', 'create', `${name}@zegel.test`, '--password-stdin', '--language', 'de'],
        `${PASSWORD}\n`,
      )
  await fill()
})
after(async () => {
  for (const server of [first, second]) {
    await server?.stop()
    if (server !== undefined) removeFolder(server.folder)
  }
})

async function connect(server: ChildServer, name: string): Promise<ImapFlow> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: server.imap,
    secure: false,
    doSTARTTLS: false,
    auth: { user: `${name}@zegel.test`, pass: PASSWORD },
    disableAutoIdle: true,
    logger: false,
  })
  await client.connect()
  return client
}

/** Folders as people have them, flags of every kind, and letters as they really come; with CRLF, as mail programs bring them. */
const FOLDERS = ['INBOX', 'Sent', 'Junk', 'Reisen', 'Reisen/Übersee & Küste', 'Reisen/Übersee & Küste/2019']
const FLAGS = [[], ['\\Seen'], ['\\Seen', '\\Answered', 'arbeit'], ['\\Flagged', '$Forwarded'], ['\\Seen', '\\Draft']]
const PECULIAR = [
  letter({ text: 'x'.repeat(3_000_000) }),
  letter({ text: 'From hier an beginnt jede Zeile\n>From da an auch\n>>From dort\nContent-Length: 3' }),
  letter({ headers: ['Status: RO', 'X-Status: A', 'X-Keywords: fremd', 'X-Mozilla-Status: 0009'] }),
  Buffer.from('Subject: ohne Ende\r\n\r\nkein Zeilenende'),
  Buffer.from('Subject: nur Kopf\r\n\r\n'),
  Buffer.concat([Buffer.from('Subject: Bytes\r\n\r\n'), Buffer.from(Array.from({ length: 255 }, (_, i) => i + 1))]),
]

async function fill(): Promise<void> {
  const client = await connect(first, 'anna')
  for (const folder of FOLDERS.slice(3)) await client.mailboxCreate(folder.split('/'))
  for (const [i, bytes] of [...PECULIAR, ...collection().slice(0, 150).map(withLineEnds)].entries()) {
    const path = FOLDERS[i % FOLDERS.length] as string
    await client.append(path, bytes, FLAGS[i % FLAGS.length], new Date(Date.UTC(2019, 0, 1, i, 7, i % 60)))
  }
  await client.logout()
}

/** All letters as a mail program sees them: folder, flags, time and content. */
async function lettersOf(server: ChildServer, name: string): Promise<string[]> {
  const client = await connect(server, name)
  const all: string[] = []
  for (const { path, status } of await client.list({ statusQuery: { messages: true } })) {
    if (status?.messages === 0) continue
    await client.mailboxOpen(path, { readOnly: true })
    for await (const { flags, internalDate, source } of client.fetch('1:*', {
      flags: true,
      internalDate: true,
      source: true,
    })) {
      const kept = [...(flags ?? [])].filter((flag) => flag !== '\\Recent').toSorted()
      const digest = createHash('sha256')
        .update(source ?? assert.fail())
        .digest('hex')
      all.push(JSON.stringify([path, kept, internalDate, digest]))
    }
  }
  await client.logout()
  return all.toSorted()
}

async function openTransfer(t: TestContext, server: ChildServer, name: string): Promise<Page> {
  const origin = `http://127.0.0.1:${server.http}`
  const { page } = await openVisit(t, origin)
  await page.goto(`${origin}/de/sign-in`)
  await signIn(page, `${name}@zegel.test`, PASSWORD)
  await page.getByRole('heading', { level: 1, name: 'Eingang' }).waitFor()
  await page.goto(`${origin}/app/#/settings/transfer`)
  return page
}

for (const [format, account] of [
  ['mbox', 'mbox'],
  ['Maildir', 'maildir'],
] as const)
  test(`an account is taken to another server as ${format}, twice, and nothing is changed or doubled`, async (t) => {
    const leaving = await openTransfer(t, first, 'anna')
    await leaving.getByRole('button', { name: format, exact: true }).click()
    const [download] = await Promise.all([
      leaving.waitForEvent('download'),
      leaving.getByRole('button', { name: 'Herunterladen' }).click(),
    ])
    const file = await download.path()

    const arriving = await openTransfer(t, second, account)
    const before = await lettersOf(first, 'anna')
    assert.ok(before.length > 150)
    for (const [round, counts] of [
      ['first', [String(before.length), '0', '0', '0']],
      ['second', ['0', String(before.length), '0', '0']],
    ] as const) {
      await arriving.getByLabel('Datei', { exact: true }).setInputFiles(file)
      await arriving.getByRole('button', { name: 'Hochladen und einsortieren' }).click()
      const card = arriving.getByRole('article').first()
      await card.getByText('fertig', { exact: true }).waitFor()
      assert.deepEqual(await card.locator('dd').allTextContents(), counts, `the ${round} time`)
      const there = await lettersOf(second, account)
      assert.deepEqual(
        [before.filter((one) => !there.includes(one)), there.length],
        [[], before.length],
        `after the ${round} time`,
      )
      await card.getByRole('button', { name: 'aus der Liste nehmen' }).click()
      await card.waitFor({ state: 'detached' })
    }
  })
