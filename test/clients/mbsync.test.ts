/** mbsync keeps a Maildir and an account alike, in both directions, while somebody else changes things as well. */
import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { findFolderByRole } from '#items'
import { addMessage, MAIL, prepareMessage } from '#mail'
import { signedInImap, type ImapDialogue } from '../imap.ts'
import { fileLetter, letter } from '../letters.ts'
import { addAppPassword, type Person } from '../people.ts'
import { startServer } from '../server.ts'
import { certificateOf, program } from './program.ts'

const server = await startServer({ after }, {}, ['imap'])

/** Many letters at once: `many-0@example.org` and so on, each third one read. */
async function fileMany({ id }: Person, count: number): Promise<string[]> {
  const account = await server.storage.openAccount(id)
  const inbox = (await findFolderByRole(account, MAIL, 'inbox')) as number
  const ids = Array.from({ length: count }, (_, number) => `many-${number}@example.org`)
  const prepared = await Promise.all(ids.map((messageId) => prepareMessage(account, letter({ messageId }))))
  await account.write(async (tx) => {
    for (const [number, one] of prepared.entries()) {
      const keywords = number % 3 === 0 ? ['$seen'] : []
      await addMessage(tx, one, { mailboxes: [inbox], keywords, receivedAt: new Date('2026-09-07T08:00:00Z') })
    }
  })
  return ids
}

/** @param ways  of signing in; left to itself it takes the strongest that is announced, which is SCRAM */
async function openMbsync(t: TestContext, { address, password }: Pick<Person, 'address' | 'password'>, ways = '*') {
  const { folder, ok, write } = await program(t)
  const mail = join(folder, 'mail')
  await mkdir(mail)
  const settings = [
    'IMAPAccount zegel',
    'Host localhost',
    `Port ${server.imaps.port}`,
    `User ${address}`,
    `Pass ${password}`,
    `AuthMechs ${ways}`,
    'SSLType IMAPS',
    'SystemCertificates no',
    `CertificateFile ${certificateOf(server)}`,
    'Timeout 90',
    '',
    'IMAPStore far',
    'Account zegel',
    '',
    'MaildirStore near',
    `Path ${mail}/`,
    `Inbox ${mail}/INBOX`,
    'SubFolders Verbatim',
    '',
    'Channel all',
    'Far :far:',
    'Near :near:',
    'Patterns *',
    'Create Both',
    'Expunge Both',
    'SyncState *',
    '',
  ]
  // It does not wait for the disk.
  const config = await write('mbsyncrc', `FSync no\n\n${settings.join('\n')}`)
  return {
    mail,
    sync: () => ok('mbsync', '--config', config, 'all'),
  }
}

/** A letter as both sides can tell it: its mailbox, Message-ID and flags. Sorted. */
type Told = string[]

const LETTERS: Record<string, string> = { D: '\\Draft', F: '\\Flagged', R: '\\Answered', S: '\\Seen', T: '\\Deleted' }

interface NearLetter {
  path: string
  id: string
  /** Letters of a Maildir. */
  flags: string
}

async function lettersIn(mail: string, box: string): Promise<NearLetter[]> {
  const found: NearLetter[] = []
  for (const part of ['cur', 'new'])
    for (const name of await readdir(join(mail, box, part))) {
      const path = join(mail, box, part, name)
      const id = /^Message-ID: <(.+)>/m.exec(await readFile(path, 'latin1'))?.[1] ?? ''
      found.push({ path, id, flags: /:2,(\w*)$/.exec(name)?.[1] ?? '' })
    }
  return found
}

async function boxesIn(mail: string): Promise<string[]> {
  const entries = await readdir(mail, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory() && entry.name === 'cur')
    .map((entry) => entry.parentPath.slice(mail.length + 1))
    .toSorted()
}

async function near(mail: string): Promise<Told> {
  const told: Told = []
  for (const box of await boxesIn(mail))
    for (const { id, flags } of await lettersIn(mail, box))
      told.push(
        `${box} ${id} ${[...flags]
          .map((one) => LETTERS[one])
          .sort()
          .join(' ')}`,
      )
  return told.sort()
}

const pathsOf = async (imap: ImapDialogue): Promise<string[]> =>
  (await imap.ok('LIST "" "*"')).flatMap((line) => /^LIST .* "\/" "?(.*?)"?$/.exec(line)?.[1] ?? []).toSorted()

async function far(imap: ImapDialogue): Promise<Told> {
  const told: Told = []
  for (const path of await pathsOf(imap)) {
    const [exists = ''] = await imap
      .ok(`EXAMINE "${path}"`)
      .then((all) => all.filter((line) => line.endsWith(' EXISTS')))
    if (exists === '0 EXISTS') continue
    for (const line of await imap.ok('FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])')) {
      const [, flags = ''] = /FLAGS \((.*?)\)/.exec(line) ?? []
      const [, id = ''] = /Message-ID: <(.*?)>/i.exec(line) ?? []
      told.push(`${path} ${id} ${flags.split(' ').sort().join(' ')}`)
    }
  }
  return told.sort()
}

/** All files, and the numbers of every mailbox: what stays as it is when nothing is done. */
async function traces(mail: string, imap: ImapDialogue): Promise<string[]> {
  const files = (await readdir(mail, { recursive: true })).filter((name) => !/\/\.[^/]+$/.test(name))
  const status = await imap.ok('LIST "" "*" RETURN (STATUS (MESSAGES UIDNEXT HIGHESTMODSEQ))')
  return [...files.toSorted(), ...status.filter((line) => line.startsWith('STATUS '))]
}

const idsIn = (told: Told): string[] => told.map((one) => one.split(' ')[1] as string).sort()

/** Gives a letter of a Maildir other flags, as a program that reads it would. */
const reflag = ({ path }: NearLetter, flags: string): Promise<void> =>
  rename(path, path.replace(/\/(?:cur|new)\/([^/:]+)(?::2,\w*)?$/, `/cur/$1:2,${flags}`))

test('mbsync brings two thousand letters, and what changes on both sides while it does', async (t) => {
  const person = await server.createAccount()
  const expected = new Set(await fileMany(person, 2000))
  const { secret } = await addAppPassword(server.storage, person)
  const { mail, sync } = await openMbsync(t, { ...person, password: secret })
  const imap = await signedInImap(t, server, person, { select: 'INBOX' })

  const changesNothing = async (): Promise<void> => {
    const before = await traces(mail, imap)
    await sync()
    assert.deepEqual(await traces(mail, imap), before)
  }

  // Somebody else is at work for as long as it takes.
  let isRunning = true
  const first = sync().finally(() => (isRunning = false))
  const disturb = async (): Promise<void> => {
    for (let round = 1; isRunning && round <= 60; round++) {
      const messageId = `meanwhile-${round}@example.org`
      await fileLetter(server, person, { messageId })
      expected.add(messageId)
      const [flagged, gone] = [round * 31, round * 29 + 7]
      await imap.ok(`UID STORE ${flagged} +FLAGS (\\Flagged)`)
      await imap.ok(`UID STORE ${gone} +FLAGS.SILENT (\\Deleted)`)
      await imap.ok(`UID EXPUNGE ${gone}`)
      expected.delete(`many-${gone - 1}@example.org`)
    }
  }
  await Promise.all([first, disturb()])
  await sync()
  const [here, there] = [await near(mail), await far(imap)]
  assert.deepEqual(here, there)
  assert.deepEqual(idsIn(there), [...expected].sort())
  assert.deepEqual(await boxesIn(mail), await pathsOf(imap))
  await changesNothing()

  // Each side flags, deletes, brings letters and makes a mailbox; some of it to the same letters.
  await imap.ok('SELECT INBOX')
  const local = await lettersIn(mail, 'INBOX')
  const byId = new Map(local.map((one) => [one.id, one]))
  const numbers = Array.from({ length: 2000 }, (_, number) => number).filter((one) =>
    byId.has(`many-${one}@example.org`),
  )
  const some = (from: number, to: number): NearLetter[] =>
    numbers.slice(from, to).map((one) => byId.get(`many-${one}@example.org`) as NearLetter)
  const uids = (from: number, to: number): string =>
    numbers
      .slice(from, to)
      .map((one) => one + 1)
      .join(',')
  for (const one of some(0, 50)) await reflag(one, 'FRS')
  await imap.ok(`UID STORE ${uids(25, 75)} +FLAGS (\\Answered)`)
  for (const one of some(100, 130)) await rm(one.path)
  for (const one of some(130, 160)) await reflag(one, 'ST')
  await imap.ok(`UID STORE ${uids(150, 190)} +FLAGS (\\Deleted)`)
  await imap.ok('EXPUNGE')
  for (const number of numbers.slice(100, 190)) expected.delete(`many-${number}@example.org`)
  const fresh = async (box: string, count: number): Promise<void> => {
    for (let number = 0; number < count; number++) {
      const messageId = `${box.toLowerCase()}-${number}@near.example.org`
      await writeFile(
        join(mail, box, 'new', `${number}.fresh.near`),
        letter({ messageId }).toString().replaceAll('\r\n', '\n'),
      )
      expected.add(messageId)
    }
  }
  for (const part of ['cur', 'new', 'tmp']) await mkdir(join(mail, 'Hier', part), { recursive: true })
  await fresh('Hier', 20)
  await fresh('INBOX', 50)
  await imap.ok('CREATE Dort/Drinnen')
  await imap.ok(`UID COPY ${uids(200, 220)} Dort/Drinnen`)
  const copies = numbers.slice(200, 220).map((one) => `many-${one}@example.org`)
  await Promise.all([sync(), fileLetter(server, person, { messageId: 'late@example.org' })])
  expected.add('late@example.org')
  await sync()
  const [hereNow, thereNow] = [await near(mail), await far(imap)]
  assert.deepEqual(hereNow, thereNow)
  assert.deepEqual(idsIn(thereNow), [...expected, ...copies].sort())
  assert.deepEqual(await boxesIn(mail), await pathsOf(imap))
  for (const box of ['Hier', 'Dort/Drinnen']) assert.ok((await boxesIn(mail)).includes(box), box)
  const flagsOf = (number: number): string | undefined =>
    thereNow.find((one) => one.startsWith(`INBOX many-${number}@`))?.replace(/^\S+ \S+ /, '')
  assert.equal(flagsOf(numbers[30] as number), '\\Answered \\Flagged \\Seen')
  assert.match(flagsOf(numbers[60] as number) ?? '', /\\Answered/)
  await changesNothing()
})

test('mbsync signs in with the main password by the ways that know it', async (t) => {
  const person = await server.createAccount()
  await fileLetter(server, person)
  for (const way of ['PLAIN', 'LOGIN']) {
    const { mail, sync } = await openMbsync(t, person, way)
    await sync()
    assert.equal((await near(mail)).length, 1, way)
  }
})
