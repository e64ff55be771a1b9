import type { ListAddress } from '#accounts'
import { formatDate } from '#formats/message'
import { findDestination, type Destination } from '#mail/destination'
import { noteReportLetter } from '#mail/domain-reports'
import { noteEnquiry } from '#mail/enquiries'
import type { Finding } from '#mail/findings'
import type { FoundOnArrival } from '#mail/signing'
import { now, Refusal, type Config, type Log, type Reason } from '#system'
import type { Storage } from '#storage'
import { sendBack } from './back.ts'
import type { Claim } from './claim.ts'
import { QUEUE_ACCOUNT, type LetterName, type PreparedLetter } from './letter.ts'
import { sendOnward } from './onward.ts'
import { outcomeOf, type Outcome, type Trouble } from './outcome.ts'

/** Files a message with people here: for each of them undefined, or why not (`fileMessage` of #mail/inbound). */
export type FileMessage = (
  storage: Storage,
  log: Log,
  arrival: {
    mailFrom: string
    trace: Buffer
    content: Buffer
    recipients: { accountId: number; address: string; masked?: string | undefined }[]
    findings: readonly Finding[] | undefined
    found: FoundOnArrival | undefined
    isTlsRequired: boolean
    isWrittenHere: boolean
  },
) => Promise<(Refusal | undefined)[]>

/** Whether a letter for a closed account may go on to its owner's address outside, or why not (`mayForward` of #mail/inbound). */
export type MayForward = (
  storage: Storage,
  letter: {
    accountId: number
    address: string
    mailFrom: string
    content: Buffer
    findings: readonly Finding[] | undefined
  },
) => Promise<Refusal | undefined>

const FILED: Outcome = { state: 'delivered', status: '2.1.5', reply: '250 2.1.5 In the mailbox', how: 'filed' }

/** Why a letter was not filed, and will not be. Of an account that was closed since it was looked up, the next attempt says what holds. */
const NOT_FILED: Partial<Record<Reason, Trouble>> = { refused: 'refusedHere', loop: 'loop' }

/** A letter to a list as the queue has it. */
export interface LetterToList {
  /** The queue's number of it. */
  letterId: number
  list: ListAddress & { detail: string | undefined }
  address: string
  mailFrom: string
  content: Buffer
  findings: readonly Finding[] | undefined
  found: FoundOnArrival | undefined
  name: LetterName | undefined
  /** It goes on over proven TLS, or not at all (RFC 8689 §2). */
  isTlsRequired: boolean
}

/** What becomes of a letter to a list: the one that goes on to its members, or nothing (`expand` of #mail/lists). @throws Refusal why not */
export type Expand = (storage: Storage, config: Config, letter: LetterToList) => Promise<PreparedLetter | undefined>

export interface HereContext {
  expand: Expand
  config: Config
  storage: Storage
  log: Log
  file: FileMessage
  mayForward: MayForward
}

type Going<To extends Destination['to']> = Extract<Destination, { to: To }>

/** A letter on its way to one of its recipients here. */
interface Delivering<To extends Destination['to']> {
  claim: Claim
  content: Buffer
  /** As it was named. */
  address: string
  destination: Going<To>
}

type Deliver<To extends Destination['to']> = (context: HereContext, letter: Delivering<To>) => Promise<Outcome>

/** What is done for a recipient that is no mailbox; mailboxes are filed with all at once. */
const DELIVER: { [To in Exclude<Destination['to'], 'mailbox'>]: Deliver<To> } = {
  support: enquire,
  reports: report,
  closed: passOn,
  list: toList,
  author: (context, { claim, content, destination }) => sendBack(context, claim, destination.address, content),
}

/** Delivers a letter to its recipients at a domain that is served here. */
export async function deliverHere(context: HereContext, claim: Claim, content: Buffer): Promise<Outcome[]> {
  const { config, storage, log, file } = context
  const addressed = await Promise.all(
    claim.recipients.map(async ({ recipient: { address } }) => ({
      address,
      destination: await findDestination(storage, config, address),
    })),
  )
  const refusals = await file(storage, log, {
    mailFrom: claim.envelope.mailFrom,
    trace: traceOf(claim, config),
    content,
    recipients: addressed.flatMap(({ address, destination }) =>
      destination?.to === 'mailbox' ? [{ ...destination, address }] : [],
    ),
    findings: claim.envelope.findings,
    found: claim.envelope.found,
    isTlsRequired: claim.envelope.care === 'proven',
    isWrittenHere: claim.envelope.signedBy !== undefined,
  })
  let next = 0
  return Promise.all(
    addressed.map(async ({ address, destination }): Promise<Outcome> => {
      if (destination === undefined) return outcomeOf('notHere', config.hostname)
      if (destination.to === 'mailbox') {
        const refusal = refusals[next++]
        return refusal === undefined ? { ...FILED, host: config.hostname } : notFiled(refusal, config)
      }
      const deliver = DELIVER[destination.to] as Deliver<Destination['to']>
      return orTrouble(context, claim, () => deliver(context, { claim, content, address, destination }))
    }),
  )
}

function notFiled({ reason, words }: Refusal, { hostname }: Config): Outcome {
  const outcome = outcomeOf(NOT_FILED[reason] ?? 'unavailableHere', hostname)
  return words === undefined ? outcome : { ...outcome, reply: `550 5.7.1 ${words}` }
}

/** A letter to customer service of somebody who has handed it in here: by that it is known who they are. */
async function enquire({ config, storage }: HereContext, { claim, content }: Delivering<'support'>): Promise<Outcome> {
  const accountId = claim.accountId === QUEUE_ACCOUNT ? undefined : claim.accountId
  await noteEnquiry(storage, { content, mailFrom: claim.envelope.mailFrom, accountId })
  return { ...FILED, host: config.hostname }
}

/** A report about a domain, from one of those that are served here about another. */
async function report(
  { config, storage }: HereContext,
  { claim, content, destination: { domain } }: Delivering<'reports'>,
): Promise<Outcome> {
  // What the service has written itself is its own word; of others here, only their address is known.
  const isOwn = claim.accountId === QUEUE_ACCOUNT && claim.envelope.signedBy !== undefined
  await noteReportLetter(storage, { content, domain, findings: [], isOwn })
  return { ...FILED, host: config.hostname }
}

async function passOn(
  context: HereContext,
  { claim, content, address, destination: { accountId, forwardUntil } }: Delivering<'closed'>,
): Promise<Outcome> {
  const { config, storage } = context
  // What was taken for the account itself goes on, though the time for it has ended since.
  const goesOn = forwardUntil !== null && (claim.accountId === accountId || forwardUntil > claim.sendAt)
  if (!goesOn) return outcomeOf('notHere', config.hostname)
  const { mailFrom, findings } = claim.envelope
  const refusal = await context.mayForward(storage, { accountId, address, mailFrom, content, findings })
  return refusal === undefined ? sendOnward(context, claim, { accountId, address }, content) : notFiled(refusal, config)
}

async function toList(
  { config, storage, expand }: HereContext,
  { claim: { envelope, letterId }, content, address, destination: { list } }: Delivering<'list'>,
): Promise<Outcome> {
  const { mailFrom, findings, found, name, care } = envelope
  const isTlsRequired = care === 'proven'
  const letter = { letterId, list, address, mailFrom, content, findings, found, name, isTlsRequired }
  const onward = await expand(storage, config, letter)
  return { ...FILED, reply: '250 2.1.5 Taken for the list', host: config.hostname, onward }
}

/** What goes wrong is one recipient's trouble alone: others have the letter by now. */
async function orTrouble({ config, log }: HereContext, claim: Claim, work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal) return notFiled(error, config)
    log.error({ letter: claim.letterId, err: error }, 'a letter could not be delivered here')
    return outcomeOf('unavailableHere', config.hostname)
  }
}

/** Return-Path and Received (RFC 5321 §4.4), without a word of the client that handed it in. */
function traceOf({ envelope, letterId }: Claim, { hostname }: Config): Buffer {
  if (envelope.isTraced === true) return Buffer.alloc(0)
  const time = formatDate(now().toISOString())
  return Buffer.from(
    `Return-Path: <${envelope.mailFrom}>\r\nReceived: by ${hostname} id ${letterId.toString(36)}; ${time}\r\n`,
  )
}
