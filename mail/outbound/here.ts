import { findAddressee } from '#accounts'
import { formatDate } from '#formats/message'
import type { Finding } from '#mail/findings'
import { now, type Config, type Log, type Reason, type Refusal } from '#system'
import type { Storage } from '#storage'
import type { Claim } from './claim.ts'
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

const FILED: Outcome = { state: 'delivered', status: '2.1.5', reply: '250 2.1.5 In the mailbox', how: 'filed' }

/** Why a letter was not filed, and will not be; an account that is not found was closed since it was looked up. */
const NOT_FILED: Partial<Record<Reason, Trouble>> = { notFound: 'notHere', refused: 'refusedHere' }

/** Delivers a letter to its recipients at a domain that is served here. */
export async function deliverHere(
  { config, storage, log, file }: { config: Config; storage: Storage; log: Log; file: FileMessage },
  claim: Claim,
  content: Buffer,
): Promise<Outcome[]> {
  const accounts = await Promise.all(claim.recipients.map(({ recipient }) => findAddressee(storage, recipient.address)))
  const found = claim.recipients.flatMap(({ recipient }, i) => {
    const accountId = accounts[i]
    return accountId === undefined ? [] : [{ accountId, address: recipient.address }]
  })
  const refusals = await file(storage, log, {
    mailFrom: claim.envelope.mailFrom,
    trace: traceOf(claim, config),
    content,
    recipients: found,
    findings: claim.envelope.findings,
  })
  let next = 0
  return accounts.map((accountId) => {
    if (accountId === undefined) return outcomeOf('notHere', config.hostname)
    const refusal = refusals[next++]
    if (refusal === undefined) return { ...FILED, host: config.hostname }
    return outcomeOf(NOT_FILED[refusal.reason] ?? 'unavailableHere', config.hostname)
  })
}

/** Return-Path and Received (RFC 5321 §4.4), without a word of the client that handed it in. */
function traceOf({ envelope, letterId }: Claim, { hostname }: Config): Buffer {
  if (envelope.isTraced === true) return Buffer.alloc(0)
  const time = formatDate(now().toISOString())
  return Buffer.from(
    `Return-Path: <${envelope.mailFrom}>\r\nReceived: by ${hostname} id ${letterId.toString(36)}; ${time}\r\n`,
  )
}
