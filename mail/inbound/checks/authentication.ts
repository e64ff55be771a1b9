import type { Authenticated } from '#mail/authentication'
import type { Finding } from '#mail/findings'
import type { CheckSettings, Letter } from '../check.ts'

/** What a failing DMARC means, by what the author's domain asks for. */
const FAILED = { none: 'dmarcFail', quarantine: 'dmarcQuarantine', reject: 'dmarcReject' } as const

/** SPF, DKIM, DMARC, ARC and iprev as findings. */
export function checkAuthentication({ origin }: Letter, { trustedSealers }: CheckSettings): Finding[] {
  if (origin === undefined) return [{ name: 'authenticationUnknown' }]
  const { spf, dkim, dmarc, arc, iprev, isExcessive } = origin.authenticated
  const found: Finding[] = []
  for (const list of origin.listedBy) found.push({ name: 'blockListed', values: { list } })
  if (isExcessive) found.push({ name: 'tooManySignatures' })

  const ofSpf = ({ pass: 'spfPass', fail: 'spfFail', softfail: 'spfSoftFail' } as const)[spf.result]
  if (ofSpf !== undefined) found.push({ name: ofSpf, values: { domain: spf.domain } })
  const signed = dkim.filter(({ result }) => result === 'pass')
  if (signed[0] !== undefined) found.push({ name: 'dkimPass', values: { domain: signed[0].domain } })
  else if (dkim.some(({ result }) => result === 'fail'))
    found.push({ name: 'dkimFail', values: { domain: dkim.find(({ result }) => result === 'fail')?.domain ?? '' } })

  if (dmarc?.result === 'pass') found.push({ name: 'dmarcPass', values: { domain: dmarc.domain } })
  else if (dmarc?.result === 'fail') {
    const asks = Object.hasOwn(FAILED, dmarc.policy) ? (dmarc.policy as keyof typeof FAILED) : 'none'
    found.push({ name: FAILED[asks], values: { domain: dmarc.domain } })
    const domain = voucher(arc, trustedSealers)
    if (domain !== undefined) found.push({ name: 'arcTrusted', values: { domain } })
  } else if (spf.result !== 'pass' && signed.length === 0 && spf.result !== 'temperror')
    found.push({ name: 'unauthenticated' })

  if (origin.authenticated.indicator !== undefined)
    found.push({ name: 'indicator', values: { ...origin.authenticated.indicator } })

  if (iprev === 'permerror') found.push({ name: 'noReverseName' })
  else if (iprev === 'fail') found.push({ name: 'reverseMismatch' })
  return found
}

/**
 * Who of those that are trusted found that a letter was from whom it says, with nobody after them who is not trusted: whoever has sealed it since
 * can have changed it, and says for themselves what was found before. RFC 8617 §7.2.
 */
function voucher({ sealers }: Authenticated['arc'], trusted: readonly string[]): string | undefined {
  const untrusted = sealers.findIndex(({ domain }) => !trusted.includes(domain))
  const believed = untrusted === -1 ? sealers : sealers.slice(0, untrusted)
  return believed.find(({ dmarc }) => dmarc === 'pass')?.domain
}
