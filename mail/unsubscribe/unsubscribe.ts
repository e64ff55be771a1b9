import { randomUUID } from 'node:crypto'
import { addressesOf, findAddressee, findHolder } from '#accounts'
import { writeMessage } from '#formats/message'
import { readHeader, updateMessages, type StoredMessage, type Summary } from '#mail'
import { nameOfAddress } from '#mail/identities'
import { wakeQueue } from '#mail/outbound'
import { checkSubmission, submit, type SubmissionTools } from '#mail/submission'
import type { OpenAccount, Storage, Transaction } from '#storage'
import { now, Refusal, type GuardedFetch } from '#system'
import { ONE_CLICK, waysOut, type LeavingLetter } from './ways.ts'

/** The keyword of a letter whose list was left. */
export const UNSUBSCRIBED = '$unsubscribed'

/** What was done, or the page on which the person has to go on by themselves. */
export type Unsubscribed = { done: 'posted' | 'mailed' } | { url: string }

export interface Means extends SubmissionTools {
  fetch: GuardedFetch
}

const MOST_ANSWER_BYTES = 100_000

/**
 * Leaves the list that sent a message, because its reader asks for it: by one POST where the list takes it, else by a
 * letter, else not at all.
 * @throws Refusal 'notFound' with `List-Unsubscribe` when the message does not say how; as `checkSubmission` and `submit`
 */
export async function unsubscribe(means: Means, account: OpenAccount, message: StoredMessage): Promise<Unsubscribed> {
  const { summary } = message
  if (summary === undefined) throw new Refusal('notFound')
  const { post, mail, page } = waysOut(await readHeader(account, summary.blob))
  if (post !== undefined && (await takes(means.fetch, post))) {
    await account.write((tx) => mark(tx, message.id))
    return { done: 'posted' }
  }
  if (mail !== undefined) {
    await write(means, account, message.id, summary, mail)
    return { done: 'mailed' }
  }
  if (page !== undefined) return { url: page }
  throw new Refusal('notFound', { fields: ['List-Unsubscribe'] })
}

/** RFC 8058 §3.2: no redirect is followed, and nothing but the form is sent. */
async function takes(fetch: GuardedFetch, url: string): Promise<boolean> {
  try {
    const { status } = await fetch({
      url,
      form: ONE_CLICK,
      schemes: ['https:'],
      accept: '*/*',
      maxBytes: MOST_ANSWER_BYTES,
      maxRedirects: 0,
    })
    return status >= 200 && status < 300
  } catch (error) {
    // Then the other ways are left.
    if (error instanceof Refusal) return false
    throw error
  }
}

async function write(
  means: Means,
  account: OpenAccount,
  messageId: number,
  summary: Summary,
  { to, subject, text }: LeavingLetter,
): Promise<void> {
  const { storage } = means
  const from = await subscriber(storage, account, summary)
  const content = await writeMessage(
    {
      from: [{ name: (await nameOfAddress(account, from)) || null, email: from }],
      to: [{ name: null, email: to }],
      subject,
      textBody: [{ partId: 'text', type: 'text/plain' }],
      bodyValues: { text: { value: text } },
    },
    {
      date: now().toISOString(),
      messageId: `${randomUUID()}@${from.slice(from.lastIndexOf('@') + 1)}`,
      loadBlob: () => Promise.reject(new Refusal('notFound')),
    },
  )
  const checked = await checkSubmission(means, account, {
    mailFrom: from,
    recipients: [{ address: to }],
    content,
  })
  await account.write(async (tx) => {
    // A list is nobody whose address is to be completed.
    await submit(tx, { ...checked, isPersonal: false })
    await mark(tx, messageId)
  })
  wakeQueue(storage)
}

/** The address of the account under which the list knows it. */
async function subscriber(storage: Storage, account: OpenAccount, summary: Summary): Promise<string> {
  const named = [...(summary.to ?? []), ...(summary.cc ?? [])].slice(0, 100).map(({ email }) => email)
  for (const address of [summary.deliveredTo, ...named]) {
    if (address === undefined) continue
    if ((await findAddressee(storage, address)) === account.id) return address
    // A masked one that is off writes nothing, and another in its place would tell the list whose it is.
    if ((await findHolder(storage, address)) === account.id) throw new Refusal('notTheirAddress', { fields: ['from'] })
  }
  const [own] = await addressesOf(storage, account.id)
  if (own === undefined) throw new Refusal('notTheirAddress', { fields: ['from'] })
  return own
}

async function mark(tx: Transaction, messageId: number): Promise<void> {
  await updateMessages(tx, new Map([[messageId, { keywords: { add: [UNSUBSCRIBED], remove: [] } }]]))
}
