/** A letter that one Zegel passes on to another, which believes the first one's seal: RFC 8617. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { close } from '#trust/closing'
import { newFolder, removeFolder, startChild } from './child.ts'
import { dialImap } from './imap.ts'
import { startNameServer } from './name-server.ts'
import { addRecovery } from './people.ts'
import { startServer } from './server.ts'
import { addSigningDomain } from './signing-domain.ts'
import { dialSmtp } from './smtp.ts'

const names = await startNameServer(
  { after },
  {
    // Signs nothing, and wants to be refused where it does not come from its own machine.
    'author.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
    '_dmarc.author.example': { TXT: ['v=DMARC1; p=reject'] },
    'zegel.test': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
  },
)
const folder = newFolder()
after(() => removeFolder(folder))
const second = await startChild({
  folder,
  settings: `
trial = true
hostname = "second.test"
listen = ["127.0.0.1"]
cleartextOnLoopback = true
[dns]
servers = ["${names.address}"]
[arrival]
trustedSealers = ["zegel.test"]
`,
})
after(() => second.stop())
const bea = { address: 'bea@second.test', password: 'a long enough password' }
await second.command(['account', 'create', bea.address, '--password-stdin'], `${bea.password}\n`)

const first = await startServer(
  { after },
  { dns: { servers: [names.address] }, routes: { 'second.test': `127.0.0.1:${second.smtp}` } },
  ['smtp', 'queue'],
)
await addSigningDomain(first.storage, first.config, names, 'zegel.test')
const anna = await first.createAccount('anna')
await addRecovery(first.storage, anna, bea.address)
await close(first.storage, first.config, await first.storage.openAccount(anna.id), {
  closedBy: 'owner',
  forwardDays: 30,
})

const letterOf = (subject: string, fields = ''): string =>
  `${fields}From: Anton <anton@author.example>\r\nTo: anna@zegel.test\r\nDate: ${new Date().toUTCString()}\r\n` +
  `Message-ID: <${randomUUID()}@author.example>\r\nSubject: ${subject}\r\n\r\nRed ones.\r\n`

async function bring(
  t: TestContext,
  port: number,
  envelope: { from: string; to: string },
  content: string,
): Promise<string> {
  const smtp = await dialSmtp(t, { host: '127.0.0.1', port })
  await smtp.say(`MAIL FROM:<${envelope.from}>`)
  await smtp.say(`RCPT TO:<${envelope.to}>`)
  await smtp.say('DATA')
  smtp.send(content)
  return smtp.say('.')
}

/** The header of the letter with this subject at the second, once it has come, and the mailbox that has it. */
async function arrived(t: TestContext, subject: string): Promise<{ mailbox: string; header: string }> {
  const imap = await dialImap(t, { host: '127.0.0.1', port: second.imap })
  await imap.ok(`LOGIN ${bea.address} "${bea.password}"`)
  for (let tries = 0; tries < 200; tries++) {
    for (const mailbox of ['INBOX', 'Junk']) {
      await imap.ok(`SELECT ${mailbox}`)
      const [found = ''] = await imap.ok(`SEARCH SUBJECT "${subject}"`)
      const [, number] = /^SEARCH (\d+)/.exec(found) ?? []
      if (number === undefined) continue
      const [header = ''] = await imap.ok(`FETCH ${number} BODY.PEEK[HEADER]`)
      return { mailbox, header }
    }
    await wait(50)
  }
  return assert.fail(`it has not come: ${subject}`)
}

test('a letter whose author only has SPF fails DMARC when it was passed on, and is believed by the seal of who did', async (t) => {
  const envelope = { from: 'anton@author.example', to: anna.address }
  assert.match(await bring(t, first.smtp.port, envelope, letterOf('Tulips')), /^250/)
  const { mailbox, header } = await arrived(t, 'Tulips')
  assert.equal(mailbox, 'INBOX')
  const [results = ''] = /^Authentication-Results: second\.test;(?:.*\r\n[ \t])*.*$/m.exec(header) ?? []
  assert.match(results, /spf=pass/, 'its envelope sender is of who passed it on')
  assert.match(results, /dmarc=fail/)
  assert.match(results, /arc=pass/)
})

test('the same letter from a stranger goes to Junk, and so does one whose seal was taken from another', async (t) => {
  const envelope = { from: 'mallory@zegel.test', to: bea.address }
  await bring(t, second.smtp, envelope, letterOf('Lilies'))
  assert.equal((await arrived(t, 'Lilies')).mailbox, 'Junk')

  const { header } = await arrived(t, 'Tulips')
  const seals = header.match(/^ARC-[\w-]+:.*\r\n(?:[ \t].*\r\n)*/gm) ?? []
  assert.equal(seals.length, 3)
  await bring(t, second.smtp, envelope, letterOf('Roses', seals.join('')))
  const roses = await arrived(t, 'Roses')
  assert.equal(roses.mailbox, 'Junk')
  assert.match(roses.header, /arc=fail/)
})
