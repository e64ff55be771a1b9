import { readRecords, updateRecord } from '#items'
import { tellRecipients, type RecipientStory } from '#mail/stories'
import { SealBroken, type Sql, type Storage, type Transaction } from '#storage'
import { Refusal } from '#system'
import { QUEUE_ACCOUNT } from './letter.ts'

/** How a letter stands with one recipient, as EmailSubmission tells it (RFC 8621 §7). */
export interface DeliveryState {
  address: string
  delivered: 'queued' | 'yes' | 'no' | 'unknown'
  smtpReply: string
  displayed: 'unknown'
}

/** Of a record of kind 'submission', what is ours to keep. */
interface Submission {
  envelope: { rcptTo: readonly unknown[] }
  undoStatus: string
  deliveryStatus: Record<string, Omit<DeliveryState, 'address'>> | null
}

const SUBMISSION = 'submission'

/** Characters of all replies together that a record keeps: with a thousand recipients it has to stay what one may hold. */
const MOST_REPLIES = 100_000

/** Of one reply. */
const LONGEST_REPLY = 500

/** Whose letter it is, and where they are told of it: its story, and the record of its submission where there is one. */
interface Told {
  accountId: number
  letterId: number
  submissionId: number | undefined
}

const storyOf = ({ address, delivered, smtpReply }: DeliveryState): RecipientStory => ({
  address,
  delivered,
  reply: smtpReply,
})

/** Tells whoever sent a letter how it stands with some of its recipients. */
type Tell = (states: readonly DeliveryState[]) => Promise<void>

/**
 * Runs `work` in a transaction of the account whose letter it is, so that what it does and what it tells are durable
 * together; in one of its own where nobody is to be told. `work` may run twice, as in `account.write`.
 */
export async function telling<T>(
  storage: Storage,
  { accountId, letterId, submissionId }: Told,
  work: (sql: Sql, tell: Tell) => Promise<T>,
): Promise<T> {
  const untold = (): Promise<T> => storage.database.transaction((sql) => work(sql, async () => undefined))
  if (accountId === QUEUE_ACCOUNT) return untold()
  try {
    const account = await storage.openAccount(accountId)
    return await account.write((tx) => work(tx.sql, (states) => tell(tx, { letterId, submissionId }, states)))
  } catch (error) {
    // The account has gone meanwhile: its letter has left all the same.
    if (!(error instanceof Refusal && error.reason === 'notFound')) throw error
    return untold()
  }
}

async function tell(
  tx: Transaction,
  { letterId, submissionId }: Omit<Told, 'accountId'>,
  states: readonly DeliveryState[],
): Promise<void> {
  const news = new Map(states.map((state) => [state.address, storyOf(state)]))
  try {
    await tellRecipients(tx, letterId, (recipient) => news.get(recipient.address) ?? recipient)
    if (submissionId === undefined) return
    const [record] = await readRecords<Submission>(tx.account, SUBMISSION, [submissionId], tx.sql)
    if (record !== undefined)
      await updateRecord(tx, SUBMISSION, submissionId, { value: withStates(record.value, states) })
  } catch (error) {
    // Neither has sent a statement that failed. A record that cannot be written must not hold up a letter that has left.
    if (!(error instanceof SealBroken || (error instanceof Refusal && error.reason === 'tooLarge'))) throw error
  }
}

function withStates(submission: Submission, states: readonly DeliveryState[]): Submission {
  const longest = Math.min(LONGEST_REPLY, Math.floor(MOST_REPLIES / Math.max(1, submission.envelope.rcptTo.length)))
  const news = states.map(({ address, smtpReply, ...state }) => [
    address,
    { ...state, smtpReply: smtpReply.slice(0, longest).toWellFormed() },
  ])
  return {
    ...submission,
    undoStatus: 'final',
    deliveryStatus: { ...submission.deliveryStatus, ...(Object.fromEntries(news) as Submission['deliveryStatus']) },
  }
}
