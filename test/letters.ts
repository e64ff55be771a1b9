import { addMessage, MAIL, prepareMessage } from '#mail'
import { findFolderByRole } from '#items'
import type { OpenAccount } from '#storage'
import { openJmapClient, type JmapClient } from './jmap.ts'
import type { Person } from './people.ts'
import type { TestServer } from './server.ts'

/** What a letter says; everything has a default. */
export interface Letter {
  from?: string
  to?: string
  cc?: string
  subject?: string
  messageId?: string
  inReplyTo?: string
  date?: string
  /** Further header lines, whole. */
  headers?: string[]
  text?: string
  /** The body with its header fields, in place of `text`. */
  body?: string
}

let count = 0

/** A letter as bytes. */
export function letter(said: Letter = {}): Buffer {
  count++
  const { from = 'Bea Brandt <bea@example.org>', to = 'Anna <anna@zegel.test>', subject = `Letter ${count}` } = said
  const {
    messageId = `letter-${count}@example.org`,
    date = 'Mon, 7 Sep 2026 09:30:00 +0200',
    text = `Text ${count}.`,
  } = said
  const lines = [
    `From: ${from}`,
    `To: ${to}`,
    ...(said.cc === undefined ? [] : [`Cc: ${said.cc}`]),
    `Subject: ${subject}`,
    `Date: ${date}`,
    `Message-ID: <${messageId}>`,
    ...(said.inReplyTo === undefined ? [] : [`In-Reply-To: <${said.inReplyTo}>`]),
    ...(said.headers ?? []),
    'MIME-Version: 1.0',
    said.body ?? `Content-Type: text/plain; charset=utf-8\n\n${text}\n`,
  ]
  return Buffer.from(lines.join('\n').replace(/\r?\n/g, '\r\n'))
}

export interface Filing {
  keywords?: string[]
  receivedAt?: Date
}

/** Puts a letter into the mailbox with a role; gives the item's number. */
export async function fileLetter(
  { storage }: TestServer,
  { id }: { id: number },
  content: Buffer | Letter = {},
  { role = 'inbox', keywords = [], receivedAt = new Date('2026-09-07T08:00:00Z') }: Filing & { role?: string } = {},
): Promise<number> {
  const account = await storage.openAccount(id)
  const mailbox = (await findFolderByRole(account, MAIL, role)) as number
  const prepared = await prepareMessage(account, Buffer.isBuffer(content) ? content : letter(content))
  return (await account.write((tx) => addMessage(tx, prepared, { mailboxes: [mailbox], keywords, receivedAt }))).id
}

/** A person with mailboxes, who reads by JMAP, and into whose mailboxes letters can be put. */
export interface MailReader extends JmapClient {
  person: Person
  account: OpenAccount
  /** The JMAP id of the mailbox with a role. */
  mailbox(role: string): Promise<string>
  /** Puts a letter into mailboxes, by their JMAP ids or one role; gives the Email's id. */
  file(mailboxes: string | string[], content?: Buffer | Letter, filing?: Filing): Promise<string>
}

export async function openMailReader(server: TestServer, name?: string): Promise<MailReader> {
  const person = await server.createAccount(name)
  const account = await server.storage.openAccount(person.id)
  const client = await openJmapClient(server, person)
  const mailbox = async (role: string): Promise<string> =>
    `F${((await findFolderByRole(account, MAIL, role)) as number).toString(36)}`
  return {
    ...client,
    person,
    account,
    mailbox,
    async file(mailboxes, content = {}, { keywords = [], receivedAt = new Date('2026-09-07T08:00:00Z') } = {}) {
      const ids = typeof mailboxes === 'string' ? [await mailbox(mailboxes)] : mailboxes
      const prepared = await prepareMessage(account, Buffer.isBuffer(content) ? content : letter(content))
      const numbers = ids.map((id) => Number.parseInt(id.slice(1), 36))
      const { id } = await account.write((tx) => addMessage(tx, prepared, { mailboxes: numbers, keywords, receivedAt }))
      return `M${id.toString(36)}`
    },
  }
}
