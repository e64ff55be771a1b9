import { isIP, isIPv6 } from 'node:net'
import type { ARCData, ARCOptions, ARCResult, DKIMResult, SPFResult } from 'mailauth'
import { publishedIndicator, type Published } from '#mail/indicators'
import type { LookUp } from './look-up.ts'
import { reverse } from './reverse.ts'
import { boundSignatures } from './signatures.ts'

/** Some 30 MB, for the thread that examines alone: whoever only names a type of ours goes without. */
async function library() {
  const [{ arc }, { bimi }, { dkimVerify }, { evaluateDmarc }, { spf }] = await Promise.all([
    import('mailauth/lib/arc/index.js'),
    import('mailauth/lib/bimi/index.js'),
    import('mailauth/lib/dkim/verify.js'),
    import('mailauth/lib/dmarc/index.js'),
    import('mailauth/lib/spf/index.js'),
  ])
  return { arc, bimi, dkimVerify, evaluateDmarc, spf }
}

/** Who brought a letter, as SMTP tells it. */
export interface Asked {
  clientAddress: string
  heloName: string
  /** '' for the null sender. */
  mailFrom: string
}

/** A result as RFC 8601 §2.7 names it: pass, fail, softfail, neutral, none, policy, temperror, permerror. */
export type Result = string

export interface Authenticated {
  /** The methods and results of an Authentication-Results field, folded. RFC 8601. */
  results: string
  spf: { result: Result; domain: string }
  /** Of each signature that was looked at. */
  dkim: { result: Result; domain: string; selector: string | undefined }[]
  /** Undefined where no author's domain can be told (RFC 9989 §5.3.1). */
  dmarc:
    | {
        result: Result
        domain: string
        policy: string
        /** Where the policy stands, and whether it names who wants reports (RFC 9990). */
        policyDomain: string
        asksForReports: boolean
        isDkimAligned: boolean
        isSpfAligned: boolean
      }
    | undefined
  /** Who sealed it, the last first, and what each found of DMARC when it came there. */
  arc: { result: Result; sealers: { domain: string; dmarc: Result }[] }
  iprev: Result
  /** There were more signatures than are looked at. */
  isExcessive: boolean
  /** Where the author's domain says that its mark is; undefined when it was not asked for, or is not to be shown. */
  indicator: Published | undefined
}

/** RFC 8301 §3.2: shorter keys of RSA are no proof. */
const LEAST_BITS = 1024

/** Every check follows its RFC to the letter: DKIM RFC 6376 and RFC 8463, SPF RFC 7208, DMARC RFC 9989, ARC RFC 8617. */
const STRICT = { strict: true, minBitLength: LEAST_BITS } as const

/**
 * Verifies a letter. Costs some questions to the name servers, and a few milliseconds.
 * @param hostname  ours, which a policy may name to the sender
 * @param withIndicator  whether the domain of what passes DMARC is asked for its mark (BIMI)
 */
export async function authenticate(
  content: Buffer,
  asked: Asked,
  hostname: string,
  lookUp: LookUp,
  withIndicator = false,
): Promise<Authenticated> {
  const { arc, bimi, dkimVerify, evaluateDmarc, spf } = await library()
  const { bytes, isExcessive, mayArc } = boundSignatures(content)
  const address = asked.clientAddress.replace(/^::ffff:(?=\d+\.)/i, '')
  // The types know one form of an answer, and mailauth both.
  const options = { ...STRICT, resolver: lookUp as never }
  const [signed, sent, iprev] = await Promise.all([
    dkimVerify(bytes, { ...options, sender: asked.mailFrom }),
    spf({
      ...options,
      sender: asked.mailFrom,
      ip: address,
      helo: isIP(asked.heloName) === 0 ? asked.heloName : `[${asked.heloName}]`,
      mta: hostname,
    }),
    reverse(address, lookUp),
  ])
  const chain =
    mayArc && signed.arc ? await arc(signed.arc as ARCData, { ...options, ip: address } as ARCOptions) : undefined
  const { response } = await evaluateDmarc({
    ...options,
    headerFrom: signed.headerFrom,
    fromFields: signed.fromFields,
    spfDomains: sent && sent.status.result === 'pass' ? [sent.domain] : [],
    dkimDomains: signed.results.filter(passed).map((one) => ({
      id: one.id ?? '',
      domain: one.signingDomain ?? '',
      aligned: one.status.aligned ?? false,
      ...(one.status.underSized === undefined ? {} : { underSized: one.status.underSized }),
    })),
    ...(chain === undefined ? {} : { arcResult: chain }),
  })
  const published =
    withIndicator && response && response.status.result === 'pass'
      ? await bimi({ ...options, dmarc: response, headers: signed.headers } as Parameters<typeof bimi>[0])
      : undefined
  const said = [...signed.results.map(({ info }) => info), infoOf(sent), infoOf(chain), infoOf(response)]
  said.push(`iprev=${iprev} policy.iprev=${isIPv6(address) ? `"${address}"` : address}`)
  return {
    results: said.filter((info) => info !== undefined && info !== '').join(';\r\n\t'),
    spf: sent ? { result: sent.status.result, domain: sent.domain } : { result: 'none', domain: '' },
    dkim: signed.results
      .filter(({ status }) => status.result !== 'none')
      .map(({ status, signingDomain, selector }) => ({ result: status.result, domain: signingDomain ?? '', selector })),
    dmarc: response
      ? {
          result: response.status.result,
          domain: response.status.header?.from ?? '',
          policy: response.policy,
          policyDomain: response.policyDomain ?? response.domain,
          asksForReports: /;\s*rua\s*=\s*\S/.test(response.rr ?? ''),
          // Of what has no record, nothing was compared.
          isDkimAligned: response.alignment?.dkim.result !== undefined,
          isSpfAligned: response.alignment?.spf.result !== undefined,
        }
      : undefined,
    arc: { result: chain?.status.result ?? 'none', sealers: sealersOf(chain) },
    iprev,
    isExcessive,
    indicator: publishedIndicator(published),
  }
}

const passed = ({ status }: DKIMResult): boolean => status.result === 'pass'

const infoOf = (one: SPFResult | ARCResult | { info: string } | false | undefined): string | undefined =>
  one ? one.info : undefined

/** A chain as mailauth has it. What the last set says of DMARC has been taken out of it, and stands apart. */
interface ArcChain {
  chain?: {
    'arc-seal'?: { parsed?: { d?: { value?: unknown } } }
    'arc-authentication-results'?: { parsed?: { dmarc?: { value?: unknown } } }
  }[]
  authenticationResults?: { dmarc?: { result?: unknown } }
}

function sealersOf(chain: ARCResult | undefined): { domain: string; dmarc: Result }[] {
  if (chain?.status.result !== 'pass') return []
  const { chain: sets = [], authenticationResults: last } = chain as ArcChain
  return sets.toReversed().map((set, i) => ({
    domain: wordOf(set['arc-seal']?.parsed?.d?.value),
    dmarc: wordOf(i === 0 ? last?.dmarc?.result : set['arc-authentication-results']?.parsed?.dmarc?.value),
  }))
}

const wordOf = (value: unknown): string => (typeof value === 'string' ? value.toLowerCase() : '')
