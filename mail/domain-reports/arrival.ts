import type { Disposition, DmarcRecord } from '#formats/domain-reports'
import { parseAddress } from '#formats/message'
import type { Authenticated } from '#mail/authentication'
import { judge, type Finding } from '#mail/findings'

/** A letter that arrived, as a report to the domain of its author would count it (RFC 9990). */
export interface DmarcArrival extends Omit<DmarcRecord, 'count'> {
  /** Whose policy it was looked at by. */
  policyDomain: string
}

/** Takes a letter to be counted. Costs next to nothing, waits for nothing and never fails. */
export type CountArrival = (arrival: DmarcArrival) => void

/** Results of one letter that are told. */
const MOST_RESULTS = 5

/**
 * What would be reported of a letter.
 * @param isRefused  it was not taken, for good
 * @returns undefined where the author's domain does not ask for reports, and where nobody could say
 */
export function dmarcArrival(
  { clientAddress, mailFrom }: { clientAddress: string; mailFrom: string },
  authenticated: Authenticated | undefined,
  findings: readonly Finding[],
  isRefused: boolean,
): DmarcArrival | undefined {
  const { dmarc, spf, dkim } = authenticated ?? {}
  if (dmarc === undefined || !dmarc.asksForReports || !['pass', 'fail'].includes(dmarc.result)) return undefined
  const disposition: Disposition = dmarc.result === 'pass' ? 'pass' : dispositionOf(findings, isRefused)
  const isTrusted = findings.some(({ name }) => name === 'arcTrusted')
  // RFC 9990 §3.1.1.8: why something else was done than was asked for.
  const isAsAsked = disposition === 'pass' || disposition === dmarc.policy
  return {
    source: plainAddress(clientAddress),
    policyDomain: dmarc.policyDomain.toLowerCase(),
    disposition,
    dkim: dmarc.isDkimAligned ? 'pass' : 'fail',
    spf: dmarc.isSpfAligned ? 'pass' : 'fail',
    reasons: isAsAsked ? [] : [isTrusted ? 'trusted_forwarder' : 'local_policy'],
    headerFrom: dmarc.domain.toLowerCase(),
    envelopeFrom: parseAddress(mailFrom)?.domain.toLowerCase(),
    signatures: (dkim ?? [])
      .slice(0, MOST_RESULTS)
      .map(({ domain, selector, result }) => ({ domain: domain.toLowerCase(), selector, result })),
    senders: spf === undefined || spf.domain === '' ? [] : [{ domain: spf.domain.toLowerCase(), result: spf.result }],
  }
}

function dispositionOf(findings: readonly Finding[], isRefused: boolean): Disposition {
  if (isRefused) return 'reject'
  return ['junk', 'held'].includes(judge(findings).place) ? 'quarantine' : 'none'
}

/** An address of IPv4 that a socket of IPv6 tells, as what it is. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '')
