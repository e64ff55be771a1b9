import { accountsOfRecovery, countToday } from '#accounts'
import { waitingEnquiries, type WaitingEnquiry } from '#mail/enquiries'
import { enqueue, prepareOwnLetter, wakeQueue } from '#mail/outbound'
import { Refusal } from '#system'
import type { Sql, Storage } from '#storage'
import { addToTicket, createTicket, loadTicket, STRANGER, type Ticket } from '#trust/tickets'
import { languageOf } from './language.ts'
import type { SupportSettings } from './tell.ts'
import { numberIn, supportLetter } from './texts.ts'

/** Letters in one round. */
const MOST_IN_ROUND = 100

/** Letters of a day: of one address, and of all. What is beyond the first is not read; what is beyond the second waits. */
const MOST_OF_ADDRESS = 10
const MOST_OF_ALL = 500

/** What became of the letters of a round. */
export interface Taken {
  opened: number
  added: number
  overLimit: number
}

/**
 * Makes tickets of the letters that have come to customer service. Whose account a letter is about is decided here, apart from the
 * wire and later: nothing that its sender sees or can measure depends on it.
 */
export async function takeEnquiries(storage: Storage, config: SupportSettings): Promise<Taken> {
  const taken: Taken = { opened: 0, added: 0, overLimit: 0 }
  const faults: unknown[] = []
  for (const enquiry of await waitingEnquiries(storage, MOST_IN_ROUND)) {
    if (!(await counts(storage, 'letters to support', 'all', MOST_OF_ALL))) break
    if (!(await counts(storage, 'letters to support from', enquiry.from ?? '', MOST_OF_ADDRESS))) {
      await storage.database.transaction((sql) => drop(sql, enquiry))
      taken.overLimit++
      continue
    }
    try {
      if (await addReply(storage, enquiry)) taken.added++
      else {
        await open(storage, config, enquiry)
        taken.opened++
      }
    } catch (error) {
      // One letter that cannot be taken holds up no other.
      faults.push(error)
    }
  }
  if (taken.opened > 0) wakeQueue(storage)
  if (faults.length > 0) throw faults[0]
  return taken
}

async function counts(storage: Storage, what: string, whom: string, most: number): Promise<boolean> {
  try {
    await countToday(storage, what, whom, most)
    return true
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'tooManyAttempts') return false
    throw error
  }
}

/** In the transaction of what comes of it. */
async function drop(sql: Sql, { letterId }: WaitingEnquiry): Promise<void> {
  const { rowCount } = await sql`delete from support_letter where letter_id = ${letterId}`
  // Another process has taken it.
  if (rowCount === 0) throw new Refusal('notFound')
}

/** Accounts for which a letter may speak: its sender's own, or those that its proven address leads back into. */
async function accountsOf(
  storage: Storage,
  { accountId, from, isProven }: WaitingEnquiry,
): Promise<{ accountId: number; address: string }[]> {
  if (accountId !== undefined) return [{ accountId, address: '' }]
  return isProven && from !== null ? accountsOfRecovery(storage, from) : []
}

/** @returns false when the letter is no answer to a ticket of its sender's: a reference alone opens none */
async function addReply(storage: Storage, enquiry: WaitingEnquiry): Promise<boolean> {
  const number = numberIn(enquiry.subject)
  if (number === undefined || !enquiry.isProven) return false
  const ticket = await loadTicket(storage, number).catch(orUndefined)
  if (ticket === undefined || !(await isTheirs(storage, ticket, enquiry))) return false
  const added = await addToTicket(storage, ticket, { by: 'person', text: enquiry.text }, (sql) =>
    drop(sql, enquiry),
  ).then(() => true, orUndefined)
  return added === true
}

async function isTheirs(storage: Storage, { accountId, from }: Ticket, enquiry: WaitingEnquiry): Promise<boolean> {
  if (enquiry.accountId !== undefined) return accountId === enquiry.accountId
  if (from === undefined || !from.isProven || from.address !== enquiry.from) return false
  return accountId === STRANGER || (await accountsOf(storage, enquiry)).some((one) => one.accountId === accountId)
}

const orUndefined = (error: unknown): undefined => {
  if (!(error instanceof Refusal)) throw error
}

async function open(storage: Storage, config: SupportSettings, enquiry: WaitingEnquiry): Promise<void> {
  const { from, isProven, subject, text, messageId } = enquiry
  const known = await accountsOf(storage, enquiry)
  // An address that leads into several accounts means the one that the letter names, or none.
  const meant = known.length === 1 ? known : known.filter(({ address }) => `${subject}\n${text}`.includes(address))
  const accountId = meant.length === 1 ? (meant[0]?.accountId ?? STRANGER) : STRANGER
  const language = languageOf(`${subject}\n${text}`)
  const isFromHere = enquiry.accountId !== undefined
  const said = {
    kind: 'other',
    subject: subject === '' ? '—' : subject,
    text,
    // Whoever has handed it in here is answered as if they had written in the app.
    ...(isFromHere || from === null ? {} : { from: { address: from, isProven, language } }),
  } as const
  const confirm = async (number: number): Promise<(sql: Sql) => Promise<unknown>> => {
    // To an address that is not proven, a confirmation would be a letter to whoever was named (RFC 3834 §4).
    if (isFromHere || from === null || !isProven) return async () => undefined
    const letter = await prepareOwnLetter(storage, {
      to: from,
      language,
      from: config.support.address,
      automatic: 'auto-replied',
      ...(messageId === null ? {} : { inReplyTo: messageId }),
      ...supportLetter('confirm.text', language, { host: config.hostname, number, subject }),
    }).catch(orUndefined)
    // To an address that cannot stand in a letter nothing is confirmed.
    return async (sql) => (letter === undefined ? undefined : enqueue(sql, letter))
  }
  await createTicket(storage, accountId, said, (sql) => drop(sql, enquiry), confirm).catch(async (error: unknown) => {
    if (!(error instanceof Refusal) || error.reason !== 'notFound') throw error
    // Another process has taken it, or the account it is of was erased meanwhile: there is nobody to write it down for.
    await storage.database.sql`delete from support_letter where letter_id = ${enquiry.letterId}`
  })
}
