import { findAddressee, findClosedAddressee, findList, type ListAddress } from '#accounts'
import { formatDate, parseAddress, type Address } from '#formats/message'
import { noteEnquiry } from '#mail/enquiries'
import type { Finding } from '#mail/findings'
import { isReturnAddress } from '#mail/forwarding'
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
    recipients: { accountId: number; address: string }[]
    findings: readonly Finding[] | undefined
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

/** What becomes of a letter to a list: the one that goes on to its members, or nothing (`expand` of #mail/lists). @throws Refusal why not */
export type Expand = (
  storage: Storage,
  config: Config,
  letter: {
    list: ListAddress & { detail: string | undefined }
    address: string
    mailFrom: string
    content: Buffer
    findings: readonly Finding[] | undefined
    found: FoundOnArrival | undefined
    name: LetterName | undefined
  },
) => Promise<PreparedLetter | undefined>

export interface HereContext {
  expand: Expand
  config: Config
  storage: Storage
  log: Log
  file: FileMessage
  mayForward: MayForward
}

/** Who has an address here: an account that takes mail, or a closed one whose mail goes on. */
interface Addressee {
  accountId: number
  address: string
  isForwarded: boolean
  /** Customer service, which is nobody's account. */
  isSupport?: true
  /** Leads back to whoever wrote a letter that was passed on. */
  back?: Address
  /** A distribution list. */
  list?: ListAddress & { detail: string | undefined }
}

const isMailbox = ({ isForwarded, isSupport, back, list }: Addressee): boolean =>
  !isForwarded && isSupport !== true && back === undefined && list === undefined

/** Delivers a letter to its recipients at a domain that is served here. */
export async function deliverHere(context: HereContext, claim: Claim, content: Buffer): Promise<Outcome[]> {
  const { config, storage, log, file } = context
  const addressees = await Promise.all(
    claim.recipients.map(({ recipient }) => addresseeOf(storage, config, claim, recipient.address)),
  )
  const found = addressees.filter((one) => one !== undefined && isMailbox(one)) as Addressee[]
  const refusals = await file(storage, log, {
    mailFrom: claim.envelope.mailFrom,
    trace: traceOf(claim, config),
    content,
    recipients: found,
    findings: claim.envelope.findings,
  })
  let next = 0
  return Promise.all(
    addressees.map(async (addressee): Promise<Outcome> => {
      if (addressee === undefined) return outcomeOf('notHere', config.hostname)
      if (addressee.isSupport === true) return enquire(context, claim, content)
      const { back, isForwarded, list } = addressee
      if (list !== undefined)
        return orTrouble(context, claim, () => toList(context, claim, { ...addressee, list }, content))
      if (back !== undefined) return orTrouble(context, claim, () => sendBack(context, claim, back, content))
      if (isForwarded) return orTrouble(context, claim, () => passOn(context, claim, addressee, content))
      const refusal = refusals[next++]
      return refusal === undefined ? { ...FILED, host: config.hostname } : notFiled(refusal, config)
    }),
  )
}

const notFiled = ({ reason }: Refusal, { hostname }: Config): Outcome =>
  outcomeOf(NOT_FILED[reason] ?? 'unavailableHere', hostname)

async function addresseeOf(
  storage: Storage,
  { support }: Config,
  claim: Claim,
  address: string,
): Promise<Addressee | undefined> {
  if (address.toLowerCase() === support.address) return { accountId: 0, address, isForwarded: false, isSupport: true }
  const back = parseAddress(address)
  if (back !== undefined && isReturnAddress(back)) return { accountId: 0, address, isForwarded: false, back }
  const accountId = await findAddressee(storage, address)
  if (accountId !== undefined) return { accountId, address, isForwarded: false }
  const list = await findList(storage, address)
  if (list !== undefined) return { accountId: list.accountId, address, isForwarded: false, list }
  const closed = await findClosedAddressee(storage, address)
  if (closed === undefined || closed.forwardUntil === null) return undefined
  // What was taken for the account itself goes on, though the time for it has ended since.
  const isForwarded = claim.accountId === closed.accountId || closed.forwardUntil > claim.sendAt
  return isForwarded ? { accountId: closed.accountId, address, isForwarded } : undefined
}

/** A letter to customer service of somebody who has handed it in here: by that it is known who they are. */
async function enquire({ config, storage, log }: HereContext, claim: Claim, content: Buffer): Promise<Outcome> {
  const accountId = claim.accountId === QUEUE_ACCOUNT ? undefined : claim.accountId
  try {
    await noteEnquiry(storage, { content, mailFrom: claim.envelope.mailFrom, accountId })
    return { ...FILED, host: config.hostname }
  } catch (error) {
    if (error instanceof Refusal) return notFiled(error, config)
    log.error({ letter: claim.letterId, err: error }, 'a letter to customer service could not be taken')
    return outcomeOf('unavailableHere', config.hostname)
  }
}

async function passOn(context: HereContext, claim: Claim, to: Addressee, content: Buffer): Promise<Outcome> {
  const { mailFrom, findings } = claim.envelope
  const refusal = await context.mayForward(context.storage, { ...to, mailFrom, content, findings })
  return refusal === undefined ? sendOnward(context, claim, to, content) : notFiled(refusal, context.config)
}

async function toList(
  { config, storage, expand }: HereContext,
  { envelope }: Claim,
  { address, list }: Addressee & Pick<Required<Addressee>, 'list'>,
  content: Buffer,
): Promise<Outcome> {
  const { mailFrom, findings, found, name } = envelope
  const onward = await expand(storage, config, { list, address, mailFrom, content, findings, found, name })
  return { ...FILED, reply: '250 2.1.5 Taken for the list', host: config.hostname, onward }
}

/** What goes wrong is one recipient's trouble alone: others have the letter by now. */
async function orTrouble({ config, log }: HereContext, claim: Claim, work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal) return notFiled(error, config)
    log.error({ letter: claim.letterId, err: error }, 'a letter could not be sent on')
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
