import { countToday, findAddressee, readSettings } from '#accounts'
import { parseAddress, type Address } from '#formats/message'
import { readReturned, senderOf, type Returned } from '#mail/forwarding'
import { now, Refusal, type Config } from '#system'
import type { Storage } from '#storage'
import { QUEUE_ACCOUNT, prepareLetter, type Language, type PreparedLetter } from './letter.ts'
import type { Claim } from './claim.ts'
import { writeNotice } from './notice/write.ts'
import { outcomeOf, type Outcome } from './outcome.ts'

/** Notices a day by one such address, and to one person by all of them: whoever has seen an address must not write at will by it. */
const MOST_BY_ADDRESS = 5
const MOST_TO_SENDER = 100

/**
 * What came back for a letter that was passed on: its author is told, in a notification of our own words. Nothing of what came is sent on but
 * the code of the failure and what the letter is called, for neither may a stranger write by it to whom they please, nor its author learn where
 * to it was passed on.
 */
export async function sendBack(
  { config, storage }: { config: Config; storage: Storage },
  claim: Claim,
  to: Address,
  content: Buffer,
): Promise<Outcome> {
  const sender = await senderOf(storage, to)
  if (sender === undefined) return outcomeOf('notHere', config.hostname)
  const returned = claim.envelope.mailFrom === '' ? readReturned(content, to.domain) : undefined
  if (returned === undefined) return outcomeOf('refusedHere', config.hostname)
  const isTold = returned !== 'other' && (await mayTell(storage, to.address, sender))
  return {
    state: 'delivered',
    status: '2.1.5',
    reply: '250 2.1.5 Taken',
    how: 'filed',
    host: config.hostname,
    ...(isTold ? { onward: await noticeOf({ config, storage }, claim, { to, sender, returned }) } : {}),
  }
}

async function mayTell(storage: Storage, address: string, sender: string): Promise<boolean> {
  try {
    await countToday(storage, 'letters that came back by an address', address.toLowerCase(), MOST_BY_ADDRESS)
    await countToday(storage, 'letters that came back to a sender', sender.toLowerCase(), MOST_TO_SENDER)
    return true
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'tooManyAttempts') return false
    throw error
  }
}

async function noticeOf(
  { config, storage }: { config: Config; storage: Storage },
  { accountId }: Claim,
  { to, sender, returned }: { to: Address; sender: string; returned: Returned },
): Promise<PreparedLetter> {
  const { status, date, header } = returned
  const { address, domain } = parseAddress(returned.address ?? '') ?? to
  const language = await languageOf(storage, sender)
  return prepareLetter(storage, {
    accountId: accountId === QUEUE_ACCOUNT ? undefined : accountId,
    mailFrom: '',
    recipients: [{ address: sender, notify: ['NEVER'] }],
    content: writeNotice({
      news: 'failed',
      to: sender,
      hostname: config.hostname,
      language,
      recipients: [
        {
          recipient: { address, domain },
          outcome: { state: 'failed', status, reply: `550 ${status} It was passed on, and not taken there` },
        },
      ],
      arrivedAt: date ?? now(),
      until: now(),
      letter: header,
      isWhole: false,
    }),
    language,
    isWrittenHere: true,
  })
}

async function languageOf(storage: Storage, sender: string): Promise<Language> {
  const id = await findAddressee(storage, sender)
  return id === undefined ? 'en' : (await readSettings(await storage.openAccount(id))).language
}
