/** The part that delivers, over a queue of its own, and what a test looks at. Each test begins with an empty queue. */
import { after, beforeEach, type TestContext } from 'node:test'
import { findFolderByRole } from '#items'
import { createStandardMailboxes, MAIL, readMessages } from '#mail'
import { fileMessage, mayForward } from '#mail/inbound'
import { expand } from '#mail/lists'
import {
  enqueue,
  prepareLetter,
  startDelivery,
  wakeQueue,
  type DeliveryContext,
  type OutgoingLetter,
} from '#mail/outbound'
import { silent } from './cluster.ts'
import { openTestStorage, testDatabase } from './database.ts'
import { addPerson, type Person } from './people.ts'
import type { Sink } from './sink.ts'
import { until } from './until.ts'

export { until }

export const { config } = await testDatabase()
export const storage = await openTestStorage({ after })
beforeEach(async () => void (await storage.database.sql`delete from queue_letter`))

export const PATIENCE: NonNullable<DeliveryContext['patience']> = {
  connectMs: 3000,
  setupMs: 1500,
  silenceMs: 1000,
  letterMs: 2000,
}
export interface Network {
  /** Domains whose letters go to a sink each. */
  sinks?: Record<string, Sink>
  settings?: Partial<typeof config>
  /** Of mail exchangers, and of web servers with MTA-STS policies. */
  ports?: { port: number; stsPort: number }
}

/** The part that delivers, until the test ends. */
export async function delivering(
  t: TestContext,
  { sinks = {}, settings = {}, ports }: Network,
  patience = PATIENCE,
): Promise<{ stop(): Promise<void> }> {
  const routes = Object.fromEntries(
    Object.entries(sinks).map(([domain, sink]) => [domain, `${sink.host}:${sink.port}`]),
  )
  const delivery = await startDelivery({
    config: { ...config, routes, ...settings },
    storage,
    log: silent,
    file: fileMessage,
    expand,
    mayForward,
    note: () => undefined,
    patience,
    ...ports,
  })
  t.after(() => delivery.stop())
  return delivery
}

export const person = (): Promise<Person> => addPerson(storage, {}, createStandardMailboxes)

export async function send(letter: Partial<OutgoingLetter> & { to: string[] }): Promise<number> {
  const prepared = await prepareLetter(storage, {
    accountId: 7,
    mailFrom: 'somebody@sender.example',
    recipients: letter.to.map((address) => ({ address })),
    content: Buffer.from('Subject: Tulips\r\nMessage-ID: <tulips@zegel.test>\r\n\r\nRed ones.\r\n'),
    ...letter,
  })
  const id = await storage.database.transaction((sql) => enqueue(sql, prepared))
  wakeQueue(storage)
  return id
}

interface State {
  state: string
  attempts: number
  lease: number | null
  next_attempt_at: Date
}

export const statesOf = async (id: number): Promise<State[]> =>
  (
    await storage.database.sql<State>`
      select state, attempts, lease, next_attempt_at from queue_recipient where letter_id = ${id} order by number`
  ).rows

export const hasLeft = (id: number): Promise<void> =>
  until('the letter has left the queue', async () => (await statesOf(id)).length === 0)
export const isPutOff = (id: number): Promise<void> =>
  until('the attempt is over', async () =>
    (await statesOf(id)).every(({ lease, attempts }) => lease === null && attempts > 0),
  )

/** The messages in somebody's inbox, as text. */
export async function inboxOf({ id }: Person): Promise<string[]> {
  const account = await storage.openAccount(id)
  const inbox = (await findFolderByRole(account, MAIL, 'inbox')) as number
  const { rows } = await storage.database.sql<{ item_id: number }>`
    select item_id from placement where account_id = ${id} and folder_id = ${inbox} order by uid`
  const messages = await readMessages(
    account,
    rows.map((row) => row.item_id),
  )
  return Promise.all(
    messages.map(async ({ summary }) => (await storage.blobs.read(account.sql, id, summary!.blob)).toString()),
  )
}
