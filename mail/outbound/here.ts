import { findClosedAddressee, findRecipient, takesReports } from '#accounts'
import { formatDate, parseAddress } from '#formats/message'
import { noteReportLetter } from '#mail/domain-reports'
import { noteEnquiry } from '#mail/enquiries'
import type { Finding } from '#mail/findings'
import { now, Refusal, type Config, type Log, type Reason } from '#system'
import type { Storage } from '#storage'
import type { Claim } from './claim.ts'
import { QUEUE_ACCOUNT } from './letter.ts'
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

export interface HereContext {
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
  /** The masked address that it is (`findRecipient`). */
  masked?: string | undefined
  isForwarded: boolean
  /** Customer service, which is nobody's account. */
  isSupport?: true
  /** It takes reports about this domain, and is nobody's account. */
  reportsAbout?: string
}

/** Delivers a letter to its recipients at a domain that is served here. */
export async function deliverHere(context: HereContext, claim: Claim, content: Buffer): Promise<Outcome[]> {
  const { config, storage, log, file } = context
  const addressees = await Promise.all(
    claim.recipients.map(({ recipient }) => addresseeOf(storage, config, claim, recipient.address)),
  )
  const found = addressees.filter(
    (one) => one !== undefined && !one.isForwarded && one.isSupport !== true && one.reportsAbout === undefined,
  ) as Addressee[]
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
      if (addressee.reportsAbout !== undefined) return report(context, claim, content, addressee.reportsAbout)
      if (addressee.isForwarded) return passOn(context, claim, addressee, content)
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
  const recipient = await findRecipient(storage, address)
  if (recipient !== undefined) return { ...recipient, address, isForwarded: false }
  const closed = await findClosedAddressee(storage, address)
  if (closed === undefined) {
    const parsed = parseAddress(address)
    const isForReports = parsed !== undefined && takesReports(parsed.local)
    return isForReports ? { accountId: 0, address, isForwarded: false, reportsAbout: parsed.domain } : undefined
  }
  if (closed.forwardUntil === null) return undefined
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

/** A report about a domain, from one of those that are served here about another. */
async function report(
  { config, storage, log }: HereContext,
  claim: Claim,
  content: Buffer,
  domain: string,
): Promise<Outcome> {
  // What the service has written itself is its own word; of others here, only their address is known.
  const isOwn = claim.accountId === QUEUE_ACCOUNT && claim.envelope.signedBy !== undefined
  try {
    await noteReportLetter(storage, { content, domain, findings: [], isOwn })
    return { ...FILED, host: config.hostname }
  } catch (error) {
    if (error instanceof Refusal) return notFiled(error, config)
    log.error({ letter: claim.letterId, err: error }, 'a letter with a report could not be taken')
    return outcomeOf('unavailableHere', config.hostname)
  }
}

async function passOn(context: HereContext, claim: Claim, to: Addressee, content: Buffer): Promise<Outcome> {
  const { config, storage, log } = context
  const { mailFrom, findings } = claim.envelope
  try {
    const refusal = await context.mayForward(storage, { ...to, mailFrom, content, findings })
    return refusal === undefined ? await sendOnward(context, claim, to, content) : notFiled(refusal, config)
  } catch (error) {
    // It is this recipient's trouble alone: others have the letter by now.
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
