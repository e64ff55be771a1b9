import { findRecovery } from '#accounts'
import { formatDate, parseAddress } from '#formats/message'
import { returnAddress } from '#mail/forwarding'
import { now, type Config } from '#system'
import type { Storage } from '#storage'
import type { Claim } from './claim.ts'
import { headerOf } from './header.ts'
import { prepareLetter } from './letter.ts'
import { outcomeOf, type Outcome } from './outcome.ts'

/**
 * Makes of a letter for a closed account the one that goes on to its owner's address outside. Its envelope sender is of the domain that
 * was written to, so that SPF passes, and leads back to whoever wrote (`mail/forwarding`); where that cannot be, it is the null sender, and
 * nothing comes back. Content and header stay byte for byte as they are, so that the author's DKIM signature holds; the seal of the domain
 * vouches for what was found when the letter came.
 */
export async function sendOnward(
  { config, storage }: { config: Config; storage: Storage },
  claim: Claim,
  { accountId, address }: { accountId: number; address: string },
  content: Buffer,
): Promise<Outcome> {
  const recovery = await findRecovery(storage, accountId)
  if (recovery === undefined) return outcomeOf('notHere', config.hostname)
  const { name, findings, found, body8bit, isTraced, signedBy, care } = claim.envelope
  const domain = parseAddress(address)?.domain ?? config.hostname
  const mailFrom = await returnAddress(storage, domain, claim.envelope.mailFrom)
  const onward = await prepareLetter(storage, {
    accountId,
    mailFrom,
    recipients: [{ address: recovery.address, notify: [mailFrom === '' ? 'NEVER' : 'FAILURE'] }],
    content: Buffer.concat([traceOf(claim, address, config), isTraced === true ? withoutReturnPath(content) : content]),
    name,
    findings,
    body8bit,
    // Of ours, it is their author's as before; of others, nobody's here.
    isWrittenHere: signedBy !== undefined,
    isPassedOn: true,
    found,
    sealedBy: domain,
    isTlsRequired: care === 'proven',
  })
  return {
    state: 'delivered',
    status: '2.1.5',
    reply: '250 2.1.5 Passed on',
    how: 'relayed',
    host: config.hostname,
    onward,
  }
}

/** For whom it was (RFC 9228), by which it is known again when it comes back, and Received (RFC 5321 §4.4). */
function traceOf({ letterId }: Claim, address: string, { hostname }: Config): Buffer {
  const time = formatDate(now().toISOString())
  return Buffer.from(`Delivered-To: ${address}\r\nReceived: by ${hostname} id ${letterId.toString(36)}; ${time}\r\n`)
}

/** The field that we put on top at arrival: whoever delivers in the end writes it (RFC 5321 §4.4). */
export function withoutReturnPath(content: Buffer): Buffer {
  const [field = ''] = /^Return-Path:[^\r\n]*\r\n/i.exec(content.toString('latin1', 0, LONGEST_FIELD)) ?? []
  return content.subarray(field.length)
}

/** Octets of a line of text (RFC 5321 §4.5.3.1.6). */
const LONGEST_FIELD = 1000

/** Our fields stand above those of servers before us: what goes in a circle has them among the first. */
const MOST_FIELDS = 100
const MOST_HEADER = 256 * 1024

/** Whether a letter has been forwarded for this address before: it goes in a circle. */
export function hasPassed(content: Buffer, address: string): boolean {
  const header = headerOf(content).toString('utf8', 0, MOST_HEADER)
  const own = (parseAddress(address)?.address ?? address).toLowerCase()
  return header
    .matchAll(/^Delivered-To[ \t]*:[ \t]*(\S+)[ \t]*\r?$/gim)
    .take(MOST_FIELDS)
    .some(([, passed = '']) => passed.toLowerCase() === own)
}
